"""What is installed: the wheel, the systemd units, the container images' files."""
