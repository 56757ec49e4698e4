// Machines use all cores, and some tests count the threads and mappings of this process.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
