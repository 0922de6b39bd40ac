"""Captured requests."""

from localcloud.services.sagemaker.data_capture import captured, encodings

KNOWN = encodings({"CsvContentTypes": ["text/csv"], "JsonContentTypes": ["application/json"]})


def test_csv_and_json_are_captured_as_text():
    """A content type that the configuration lists is captured as it is."""
    assert captured("INPUT", "text/csv; charset=utf-8", b"a,b", KNOWN) == {
        "observedContentType": "text/csv; charset=utf-8",
        "mode": "INPUT",
        "data": "a,b",
        "encoding": "CSV",
    }
    assert captured("OUTPUT", "application/json", b"{}", KNOWN)["encoding"] == "JSON"


def test_anything_else_is_captured_as_base64():
    """What no list names may be binary, and is encoded."""
    side = captured("INPUT", "image/png", b"\x89PNG", KNOWN)
    assert (side["encoding"], side["data"]) == ("BASE64", "iVBORw==")
