"""What the plugin says about itself (data): its version, and a schema without types; the servicer serves it.

The version is that of the `pulumi_kubernetes` SDK that the stacks use: the engine warns about an older
plugin, and a stack's state names it, so that both plugins can take each other's place.
"""

from typing import Final

VERSION: Final = "4.34.2"
SCHEMA: Final = (
    '{"name": "kubernetes", "version": "' + VERSION + '", '
    '"description": "ndcops\' Kubernetes provider; the types are those of the official schema of this version.", '
    '"config": {}, "provider": {"type": "object"}, "resources": {}, "functions": {}, "types": {}}'
)
