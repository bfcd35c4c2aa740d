"""What the environment says: where settings and key are, if at all.

SUT_STATE_DIR: the directory of the settings. SUT_API_KEY_FILE: the key for /config. WEB_CONCURRENCY: gunicorn's own
variable for the number of workers, the default of workers.count.
"""

import os
from dataclasses import dataclass
from typing import Union

from .api_key import ApiKey
from .rate_limit import TokenBucket
from .schema import schema
from .settings import FixedSettings, Settings, SharedSettings


@dataclass(frozen=True)
class Configuration:
    settings: Settings
    state_directory: Union[str, None]
    bucket: Union[TokenBucket, None]
    key: Union[ApiKey, None]


def from_environment() -> Configuration:
    keys = schema(workers=int(os.environ.get("WEB_CONCURRENCY", "2")))
    directory = os.environ.get("SUT_STATE_DIR")
    key_file = os.environ.get("SUT_API_KEY_FILE")
    if directory is None:
        if key_file is not None:
            raise ValueError("SUT_API_KEY_FILE is set, but not SUT_STATE_DIR, where the settings are kept")
        return Configuration(FixedSettings(keys), None, None, None)
    settings = SharedSettings(directory, keys)
    bucket = TokenBucket(os.path.join(directory, "rate-limit"))
    return Configuration(settings, directory, bucket, None if key_file is None else ApiKey(key_file))
