// perch-client-bench [--check] [TEXT]: what the libraries that services link cost, all of it or what has a text in its name. With --check the program
// fails where something takes memory that must not.

#if DEBUG
print("This is a debug build: its numbers mean nothing.\n")
#endif
print("CPU time and allocations of the calling thread, per call; the median of nine runs\n")
print("work                                                            ns      at most   allocations   at most")
let measurements = MetricMeasurements.all() + LogMeasurements.all() + SpanMeasurements.all()
for measurement in measurements where measurement.isWanted { print(measurement.line) }
let isFloodWanted = Measurement.filter.map { LabelFlood.name.contains($0) } ?? true
let flood = isFloodWanted ? LabelFlood.measured() : nil
if let flood { print(flood.line) }
let isTooMuch = flood?.isTooMuch == true || measurements.contains(where: \.allocatesTooMuch)
if CommandLine.arguments.contains("--check") && isTooMuch { stop(status: 1) }
