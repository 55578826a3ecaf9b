internal import LogQL
