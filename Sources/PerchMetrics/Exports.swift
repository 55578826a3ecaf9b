// Names of traces and spans are part of this library's interface; who uses it need not know where they are declared.
@_exported public import PerchWire
