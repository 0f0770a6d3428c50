"""What can go wrong between sites short of their death: cut and slow links, frozen processes; and its end."""
