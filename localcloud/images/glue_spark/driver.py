"""The driver of one Glue job run: starts Spark's Java process, waits to be told its job, runs the script, ends.

    python driver.py JOB_PIPE RESULT_FILE [--warm]

Until a job comes through the pipe, this process knows nothing of any job and holds no credentials: it can be started
ahead of time, and then warms itself up. It serves one job and ends with it. The job is a JSON object:

    script       path of the script in this file system
    arguments    what follows the script's name in sys.argv
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
import sys
import tempfile
import traceback
from pathlib import Path
from typing import Any

#: Glue's categories of failures that can be told by the exception's type.
CATEGORIES = {
    "AnalysisException": "QUERY_ERROR",
    "ParseException": "QUERY_ERROR",
    "ImportError": "IMPORT_ERROR",
    "ModuleNotFoundError": "IMPORT_ERROR",
    "SyntaxError": "SYNTAX_ERROR",
    "IndentationError": "SYNTAX_ERROR",
    "GlueArgumentError": "INVALID_ARGUMENT_ERROR",
}


def start_java() -> Any:
    """Spark's Java process, before there is a Spark context: that is the script's to make."""
    from pyspark import SparkContext

    SparkContext._ensure_initialized()  # noqa: SLF001  (what the context's constructor calls first)
    return SparkContext._jvm  # noqa: SLF001


def warm_up(jvm: Any) -> None:
    """Has Java load and compile what nearly every job uses: a session, its files' formats, the S3 client.

    Nothing of it is left for the job: the session is stopped, Java's properties are put back, and Python imports
    nothing but Spark (which imports NumPy), so that a job's own modules come first.
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
    """Asks for an object where nobody listens; the answer is known, the code that asks is what gets loaded."""
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
    """The line of the script at which it failed."""
    if isinstance(error, SyntaxError) and error.filename == script:
        return error.lineno
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == script]
    return lines[-1] if lines else None


def error_message(error: BaseException, script: str) -> str:
    """As Glue words it: ``Error Category: QUERY_ERROR; Failed Line Number: 7; AnalysisException: …``."""
    kind = type(error).__name__
    line = failed_line(error, script)
    parts = [f"Error Category: {CATEGORIES.get(kind, 'UNCLASSIFIED_ERROR')}"]
    if line is not None:
        parts.append(f"Failed Line Number: {line}")
    return "; ".join([*parts, f"{kind}: {reason(error)}".strip()])


def reason(error: BaseException) -> str:
    """An exception's own words; of one from Java its cause, without the Java frames: those are in the log."""
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
    """The traceback as it would read if the script had been started by itself."""
    frames = error.__traceback__
    while frames and (frames.tb_frame.f_code.co_filename in {__file__, "<frozen runpy>"}):
        frames = frames.tb_next
    return error.with_traceback(frames)


def run(script: str) -> str | None:
    """Runs the script; its failure as a message, or None."""
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
