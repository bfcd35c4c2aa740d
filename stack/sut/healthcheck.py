"""Asks a URL once; ends with 0 when it answers 200, else with 1 and the reason. healthcheck.py URL [CA_FILE]"""

import http.client
import ssl
import sys
from urllib.parse import urlsplit


def main(url: str, ca_file: str = "") -> int:
    parts = urlsplit(url)
    if parts.scheme == "https":
        context = ssl.create_default_context(cafile=ca_file or None)
        connection = http.client.HTTPSConnection(parts.netloc, timeout=4, context=context)
    else:
        connection = http.client.HTTPConnection(parts.netloc, timeout=4)
    try:
        connection.request("GET", parts.path)
        answer = connection.getresponse()
    except OSError as error:
        print(f"{url}: {error}")
        return 1
    print(f"{url}: {answer.status}")
    return 0 if answer.status == 200 else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
