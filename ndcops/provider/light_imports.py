"""Imports Pulumi's wire messages without the SDK around them; only the plugin's start (`__main__`) calls it.

`import pulumi` runs the whole SDK, Automation API and tracing included: about 0.6 s of CPU and 60 MiB for
message classes that need none of it, paid at every start of the plugin (six times for three centres).
"""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

_PACKAGES = ("pulumi", "pulumi.runtime", "pulumi.runtime.proto")


def skip_sdk_initialisers() -> None:
    """Put empty packages in the place of the SDK's, so that importing a message module runs that module alone.

    Does nothing when the SDK is imported already. For a process of its own only: `import pulumi` afterwards
    finds the empty package.
    """
    if "pulumi" in sys.modules:
        return
    spec = importlib.util.find_spec("pulumi")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError("the Python package 'pulumi' is not installed", name="pulumi")
    folder = Path(next(iter(spec.submodule_search_locations)))
    for name in _PACKAGES:
        package = ModuleType(name)
        package.__path__ = [str(folder.joinpath(*name.split(".")[1:]))]
        sys.modules[name] = package
