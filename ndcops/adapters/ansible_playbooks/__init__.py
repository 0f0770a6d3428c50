"""Runs the hardening play through ansible-runner."""

from ndcops.adapters.ansible_playbooks.catalogue import read_catalogue
from ndcops.adapters.ansible_playbooks.playbooks import AnsiblePlaybooks
from ndcops.adapters.ansible_playbooks.settings import PlaybookSettings

__all__ = ["AnsiblePlaybooks", "PlaybookSettings", "read_catalogue"]
