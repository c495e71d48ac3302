namespace Troupe.Cli.Profiling;

/// <summary>How many samples found a method.</summary>
/// <param name="Method">Its name, without parameters.</param>
/// <param name="Exclusive">Samples in the method itself.</param>
/// <param name="Inclusive">Samples in it or in what it called.</param>
internal sealed record MethodShare(string Method, int Exclusive, int Inclusive);
