"""Lab hosts: booted Debian machines with sshd, their package mirror and a SIEM, on this machine's lab bridge."""
