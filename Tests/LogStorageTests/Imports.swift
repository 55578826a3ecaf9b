internal import LogStorage
