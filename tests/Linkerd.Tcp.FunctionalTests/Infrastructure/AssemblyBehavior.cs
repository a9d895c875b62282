// Two at a time at most: the tests measure nothing, but they share the machine's cores with the programs that they start.
[assembly: Xunit.v3.Parallelization(MaxThreads = 2)]
