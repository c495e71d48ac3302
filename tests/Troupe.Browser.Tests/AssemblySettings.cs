using Troupe.Browser.Tests;

// One browser and one server for all; who needs a server that can be killed starts one.
[assembly: AssemblyFixture(typeof(Chromium))]
[assembly: AssemblyFixture(typeof(Site))]
[assembly: CollectionBehavior(MaxParallelThreads = 3)]
