using Troupe.Browser.Tests;
using Troupe.Browser.Tests.MedSim;

// One browser and one server for all; who needs a server that can be killed starts one.
[assembly: AssemblyFixture(typeof(Chromium))]
[assembly: AssemblyFixture(typeof(Site))]
[assembly: AssemblyFixture(typeof(Ward))]
[assembly: CollectionBehavior(MaxParallelThreads = 3)]
