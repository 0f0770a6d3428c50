"""The door to the inventory folder: files in, one checked Inventory out; `wiring` and the lab's tests call it."""

from ndcops.adapters.inventory_files.dossier_files import DossierFolder
from ndcops.adapters.inventory_files.dossier_text import agency_of, dossier_template
from ndcops.adapters.inventory_files.folder import default_folder
from ndcops.adapters.inventory_files.reader import read_inventory
from ndcops.adapters.inventory_files.schemas import json_schemas
from ndcops.adapters.inventory_files.single_files import read_document, read_manifests

__all__ = [
    "DossierFolder",
    "agency_of",
    "default_folder",
    "dossier_template",
    "json_schemas",
    "read_document",
    "read_inventory",
    "read_manifests",
]
