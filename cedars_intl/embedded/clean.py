"""`python -m cedars_intl.embedded.clean`: stop servers that were left up and remove data kept outside the checkout."""

import shutil
import sys

from cedars_intl.embedded import CHECKOUT, EmbeddedError, EmbeddedServers, data_directory


def main():
    try:
        directory = data_directory()
        for folder in (directory, *directory.glob("test/*")):
            if not EmbeddedServers(folder).stop_left_over():
                sys.exit(f"The servers in {folder} are in use. Stop the demo or the tests first.")
    except EmbeddedError as error:
        sys.exit(str(error))
    if directory != CHECKOUT / "var":
        shutil.rmtree(directory)
        print(f"Removed {directory}")


if __name__ == "__main__":
    main()
