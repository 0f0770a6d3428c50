"""Files that only their owner may read, under the name that lab modules use."""

from ndcops.workflow.private_file import write_private as write_private
