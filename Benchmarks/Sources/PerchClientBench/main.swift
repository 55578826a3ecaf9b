// perch-client-bench [--check]: what the libraries that services link cost. With --check the program fails where something takes memory that must not.

#if DEBUG
print("This is a debug build: its numbers mean nothing.\n")
#endif
print("CPU time and allocations of the calling thread, per call; the median of nine runs\n")
print("work                                                            ns      at most   allocations   at most")
let measurements = MetricMeasurements.all() + LogMeasurements.all() + SpanMeasurements.all()
for measurement in measurements { print(measurement.line) }
if CommandLine.arguments.contains("--check") && measurements.contains(where: \.allocatesTooMuch) { stop(status: 1) }
