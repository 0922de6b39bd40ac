"""The driver of one Glue job run: starts Spark's Java process, waits for a job, runs the script, and ends.

    python driver.py JOB_PIPE RESULT_FILE [--warm]

Until a job comes through the pipe, this process has no job and no credentials. So it can start ahead of time, and warms
itself up then: a file ``java-class-path`` beside the pipe says that it has. It serves one job and ends with it. The job
is a JSON object:

    script       path of the script in this file system
    arguments    the part of sys.argv after the script's name
    environment  variables set for the script (the role's credentials, the region)
    properties   Spark configuration, as spark-submit --conf would set it
    python_path  folders and archives to put in front of sys.path, for the script and for Spark's Python workers

If the script fails, RESULT_FILE gets {"ErrorMessage": …} as GetJobRun shows it, and the exit code is 1.
"""

from __future__ import annotations

import contextlib
import json
import os
import runpy
import signal
import subprocess
import sys
import tempfile
import traceback
from pathlib import Path
from typing import Any

#: The exception's type → Glue's category of failures.
CATEGORIES = {
    "AnalysisException": "QUERY_ERROR",
    "ParseException": "QUERY_ERROR",
    "ImportError": "IMPORT_ERROR",
    "ModuleNotFoundError": "IMPORT_ERROR",
    "SyntaxError": "SYNTAX_ERROR",
    "IndentationError": "SYNTAX_ERROR",
    "GlueArgumentError": "INVALID_ARGUMENT_ERROR",
}


#: So long a Java process whose connections are gone may take to end.
JAVA_ENDS_SECONDS = 5.0


def start_java() -> Any:
    """Starts Spark's Java process without a Spark context, which the script makes."""
    from pyspark import SparkContext

    SparkContext._ensure_initialized()  # noqa: SLF001  (what the context's constructor calls first)
    return SparkContext._jvm  # noqa: SLF001


def warm_up(jvm: Any) -> None:
    """Lets Java load and compile what nearly every job uses: a session, file formats, the S3 client.

    The job sees nothing of it. The session is stopped, and Java's properties are restored. Python imports only Spark
    (which imports NumPy), so that a job's own modules come first.
    """
    from pyspark.sql import SparkSession
    from pyspark.sql import functions as F  # noqa: N812

    properties = jvm.java.lang.System.getProperties().clone()
    with tempfile.TemporaryDirectory() as folder:
        session = SparkSession.builder.config("spark.sql.warehouse.dir", folder).getOrCreate()
        Path(folder, "rows.csv").write_text("a,1\nb,2\na,3\n")
        rows = session.read.csv(f"file://{folder}/rows.csv").toDF("name", "number")
        rows.groupBy("name").agg(F.sum(F.col("number").cast("double")).alias("sum")).orderBy("sum").collect()
        rows.write.csv(f"file://{folder}/csv")
        rows.write.parquet(f"file://{folder}/parquet")
        session.read.parquet(f"file://{folder}/parquet").join(rows.select("name"), "name").where("number > 1").count()
        warm_up_s3(jvm, session._jsc.hadoopConfiguration())  # noqa: SLF001  (Python has no other way to it)
        session.stop()
    jvm.org.apache.hadoop.fs.FileSystem.closeAll()
    jvm.java.lang.System.setProperties(properties)


def warm_up_s3(jvm: Any, configuration: Any) -> None:
    """Requests an object from a port without listener, only to load the client's code."""
    for name, value in {
        "fs.s3a.endpoint": "http://127.0.0.1:9",
        "fs.s3a.access.key": "none",
        "fs.s3a.secret.key": "none",
        "fs.s3a.session.token": "none",
        "fs.s3a.attempts.maximum": "0",
        "fs.s3a.retry.limit": "0",
    }.items():
        configuration.set(name, value)
    address = jvm.java.net.URI("s3://nobody/")
    file_system = jvm.org.apache.hadoop.fs.FileSystem.newInstance(address, configuration)
    with contextlib.suppress(Exception):
        file_system.exists(jvm.org.apache.hadoop.fs.Path("s3://nobody/nothing"))
    file_system.close()


def prepare(job: dict[str, Any], jvm: Any) -> None:
    os.environ.update(job["environment"])
    for name, value in job["properties"].items():
        jvm.java.lang.System.setProperty(name, value)
    sys.path[0] = str(Path(job["script"]).parent)  # in place of this file's own folder
    sys.path[1:1] = job["python_path"]
    jvm.java.lang.System.setProperty("spark.executorEnv.PYTHONPATH", os.pathsep.join(job["python_path"]))
    sys.argv = [job["script"], *job["arguments"]]


def failed_line(error: BaseException, script: str) -> int | None:
    """The line at which the script failed."""
    if isinstance(error, SyntaxError) and error.filename == script:
        return error.lineno
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == script]
    return lines[-1] if lines else None


def error_message(error: BaseException, script: str) -> str:
    """The failure in Glue's words: ``Error Category: QUERY_ERROR; Failed Line Number: 7; AnalysisException: …``."""
    kind = type(error).__name__
    line = failed_line(error, script)
    parts = [f"Error Category: {CATEGORIES.get(kind, 'UNCLASSIFIED_ERROR')}"]
    if line is not None:
        parts.append(f"Failed Line Number: {line}")
    killed = how_java_ended(error)
    if killed:
        return "; ".join([*parts, killed])
    return "; ".join([*parts, f"{kind}: {reason(error)}".strip()])


def how_java_ended(error: BaseException) -> str:
    """How Spark's Java process ended, if it did: what Python then says (a class that does not exist) is no reason."""
    from py4j.protocol import Py4JError, Py4JJavaError
    from pyspark import SparkContext

    java = getattr(SparkContext._gateway, "proc", None)  # noqa: SLF001  (there is no public way to ask)
    if java is None or isinstance(error, Py4JJavaError):
        return ""
    if isinstance(error, (Py4JError, OSError)):  # the connection is gone; the process may be about to end
        with contextlib.suppress(subprocess.TimeoutExpired):
            java.wait(JAVA_ENDS_SECONDS)
    return ended_as(java.poll())


def ended_as(code: int | None) -> str:
    """A process's end in words, by its return code; nothing for one that runs."""
    if code is None:
        return ""
    if code < 0:
        return f"Spark's driver was killed by signal {-code} ({signal.Signals(-code).name})"
    return f"Spark's driver ended with exit code {code}"


def reason(error: BaseException) -> str:
    """An exception's text. For one from Java, the causes without the frames, which are in the log."""
    from py4j.protocol import Py4JJavaError
    from pyspark.errors.exceptions.captured import CapturedException

    if isinstance(error, Py4JJavaError):
        thrown = cause = error.java_exception
        while cause.getCause() is not None:
            cause = cause.getCause()
        words = [str(one.toString()).strip().partition("\n")[0] for one in (thrown, cause)]
        return f"{error.errmsg.strip().rstrip(':.')}. {' Caused by: '.join(dict.fromkeys(words))}"
    if isinstance(error, CapturedException):
        return str(error.desc)
    return str(error)


def without_this_file(error: BaseException) -> BaseException:
    """The traceback without this driver's frames."""
    frames = error.__traceback__
    while frames and (frames.tb_frame.f_code.co_filename in {__file__, "<frozen runpy>"}):
        frames = frames.tb_next
    return error.with_traceback(frames)


def run(script: str) -> str | None:
    """Runs the script; returns its failure as a message, or None."""
    try:
        runpy.run_path(script, run_name="__main__")
    except SystemExit as error:
        if error.code in (None, 0):
            return None
        if isinstance(error.code, str):
            print(error.code, file=sys.stderr)
        return error_message(error, script)
    except BaseException as error:  # noqa: BLE001  (whatever ends the script is the run's failure)
        message = error_message(error, script)
        traceback.print_exception(without_this_file(error))
        return message
    return None


def main() -> int:
    pipe, result = Path(sys.argv[1]), Path(sys.argv[2])
    jvm = start_java()
    if "--warm" in sys.argv[3:]:
        warm_up(jvm)
        # For an archive of the classes that Java has listed there; whoever looks for the file finds it whole.
        unfinished = pipe.with_name("java-class-path.unfinished")
        unfinished.write_text(jvm.java.lang.System.getProperty("java.class.path"))
        unfinished.rename(pipe.with_name("java-class-path"))
    job = json.loads(pipe.read_text())
    prepare(job, jvm)
    message = run(job["script"])
    sys.stdout.flush()
    if message is not None:
        result.write_text(json.dumps({"ErrorMessage": message}))
    stop_spark()
    return 0 if message is None else 1


def stop_spark() -> None:
    from pyspark import SparkContext

    context = SparkContext._active_spark_context  # noqa: SLF001  (there is no public way to ask)
    if context is not None:
        context.stop()


if __name__ == "__main__":
    raise SystemExit(main())
