"""Objects that are streamed to S3 in chunks, cut at every place at which the network may cut them."""

from __future__ import annotations

import pytest

from localcloud.platform.errors import AwsError
from localcloud.wire.aws_chunked import Decoder

WHOLE = (
    b"3;chunk-signature=a\r\none\r\n6;chunk-signature=b\r\ntwo\r\n3\r\n"
    b"0;chunk-signature=c\r\nx-amz-checksum-crc32:AA==\r\n\r\n"
)


def decoded(pieces: list[bytes], decoder: Decoder) -> bytes:
    found = b"".join(decoder.feed(piece) for piece in pieces)
    decoder.finish()
    return found


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_the_content_is_whole_wherever_it_was_cut(size: int) -> None:
    """Content, trailers and signatures are the same for every way to cut the stream."""
    checked = []
    decoder = Decoder(lambda digest, signature: checked.append((len(digest), signature)))
    pieces = [WHOLE[start : start + size] for start in range(0, len(WHOLE), size)]
    assert decoded(pieces, decoder) == b"onetwo\r\n3"
    assert decoder.trailers == {"x-amz-checksum-crc32": "AA=="}
    assert checked == [(64, "a"), (64, "b"), (64, "c")]


@pytest.mark.parametrize(
    "broken",
    [
        WHOLE[:30],
        WHOLE[:-40],
        b"",
        b"g\r\n",
        b"-1\r\n",
        b"0x3\r\none\r\n0\r\n\r\n",
        b"3\r\noneX\r\n0\r\n\r\n",
        b"0\r\n\r\nmore",
        b"0\r\na:1\r\na:2\r\n\r\n",
        b"f" * 5000,
        b"fffffffffffff\r\n",
    ],
)
def test_a_broken_stream_is_refused(broken: bytes) -> None:
    """An end too early, sizes that are none, and more than there should be."""
    with pytest.raises(AwsError) as refused:
        decoded([broken], Decoder())
    assert refused.value.code == "IncompleteBody"
