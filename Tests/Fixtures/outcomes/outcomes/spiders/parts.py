"""Crawls whose pipelines, extensions and feeds fail."""

import sys
import types

from outcomes.site import ftp
from outcomes.spiders.pages import Base


def pipeline(name):
    return {"ITEM_PIPELINES": {"outcomes." + name: 1}}


class PipeOpen(Base):
    name = "pipe_open"
    custom_settings = pipeline("parts.OpenFails")


class PipeProcess(Base):
    name = "pipe_process"
    custom_settings = pipeline("parts.ProcessFails")


class PipeClose(Base):
    name = "pipe_close"
    custom_settings = pipeline("parts.CloseFails")


class PipeDrop(Base):
    name = "pipe_drop"
    custom_settings = pipeline("parts.Drops")


class PipeKey(Base):
    name = "pipe_key"
    custom_settings = pipeline("parts.LacksItsKey")


class PipeMissing(Base):
    name = "pipe_missing"
    custom_settings = pipeline("nothing.There")


class Extension(Base):
    name = "extension"
    custom_settings = {"EXTENSIONS": {"outcomes.parts.ExtensionFails": 1}}


class FeedUnwritable(Base):
    name = "feed_unwritable"
    custom_settings = {"FEEDS": {"/proc/nowhere/x.jl": {"format": "jsonlines"}}}


class FeedFtpRefused(Base):
    name = "feed_ftp_refused"
    custom_settings = {"FEEDS": {"ftp://user:word@127.0.0.1:1/x.jl": {"format": "jsonlines"}}}


class FeedFtpLate(Base):
    name = "feed_ftp_late"

    @classmethod
    def update_settings(cls, settings):
        super().update_settings(settings)
        if cls.name in sys.argv:
            settings.set("FEEDS", {ftp(): {"format": "jsonlines"}}, "spider")


class FeedS3Missing(Base):
    name = "feed_s3_missing"
    custom_settings = {"FEEDS": {"s3://bucket/x.jl": {"format": "jsonlines"}}}


class FeedS3Late(Base):
    name = "feed_s3_late"
    custom_settings = {"FEEDS": {"s3://bucket/x.jl": {"format": "jsonlines"}}}


def _fake_s3():
    """Puts libraries in place with which an upload fails as one to a bucket that does not exist."""

    class Fake:
        """Is made and called in any way, and gives itself for whatever it is asked for."""

        def __init__(self, *_, **__):
            pass

        def __call__(self, *_, **__):
            return self

        def __getattr__(self, name):
            if name in ("put_object", "upload_fileobj"):
                raise RuntimeError("NoSuchBucket")
            return self

    for name in ("boto3", "boto3.session", "botocore", "botocore.config", "botocore.session"):
        module = sys.modules[name] = types.ModuleType(name)
        module.__path__ = []
        module.Config = Fake
        module.Session = module.get_session = Fake
        parent, _, child = name.rpartition(".")
        if parent:
            setattr(sys.modules[parent], child, module)


if FeedS3Late.name in sys.argv:
    _fake_s3()
