internal import LogFormats
