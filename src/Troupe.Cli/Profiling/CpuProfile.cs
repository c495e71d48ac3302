using Microsoft.Diagnostics.Tracing.Etlx;
using Microsoft.Diagnostics.Tracing.EventPipe;

namespace Troupe.Cli.Profiling;

/// <summary>What a recorded process has spent its time with.</summary>
/// <param name="Samples">Samples of threads in managed code.</param>
/// <param name="OutsideSamples">Samples of threads that waited, or were in native code.</param>
/// <param name="Methods">The methods of the former.</param>
internal sealed record CpuProfile(int Samples, int OutsideSamples, IReadOnlyList<MethodShare> Methods)
{
    /// <summary>Reads a trace; beside it a larger file of the same name is written.</summary>
    public static CpuProfile Read(string path)
    {
        var converted = TraceLog.CreateFromEventPipeDataFile(path, options: new TraceLogOptions { ContinueOnError = true });
        using var log = new TraceLog(converted);
        using var source = log.Events.GetSource();
        var outside = 0;

        // Many samples share a stack, so its methods are named once.
        var stacks = new Dictionary<CallStackIndex, int>();
        new SampleProfilerTraceEventParser(source).ThreadSample += sample =>
        {
            if (sample.Type != ClrThreadSampleType.Managed)
            {
                outside++;
            }
            else if (sample.CallStackIndex() is var stack && stack != CallStackIndex.Invalid)
            {
                stacks[stack] = stacks.GetValueOrDefault(stack) + 1;
            }
        };
        source.Process();
        return new CpuProfile(stacks.Values.Sum(), outside, [.. Share(log, stacks)]);
    }

    private static IEnumerable<MethodShare> Share(TraceLog log, Dictionary<CallStackIndex, int> stacks)
    {
        var shares = new Dictionary<string, (int Exclusive, int Inclusive)>(StringComparer.Ordinal);
        var names = new Dictionary<CodeAddressIndex, string>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (leaf, count) in stacks)
        {
            seen.Clear();
            for (var stack = leaf; stack != CallStackIndex.Invalid; stack = log.CallStacks.Caller(stack))
            {
                var address = log.CallStacks.CodeAddressIndex(stack);
                if (!names.TryGetValue(address, out var name))
                {
                    names[address] = name = NameOf(log.CodeAddresses, address);
                }

                // A method that calls itself is in the stack once.
                var (exclusive, inclusive) = shares.GetValueOrDefault(name);
                shares[name] = (exclusive + (stack == leaf ? count : 0), inclusive + (seen.Add(name) ? count : 0));
            }
        }

        return shares.Select(s => new MethodShare(s.Key, s.Value.Exclusive, s.Value.Inclusive));
    }

    private static string NameOf(TraceCodeAddresses addresses, CodeAddressIndex address)
    {
        var name = addresses.Methods.FullMethodName(addresses.MethodIndex(address));
        if (string.IsNullOrEmpty(name))
        {
            var module = addresses.ModuleFile(address)?.Name;
            return string.IsNullOrEmpty(module) ? "(unknown)" : $"{module}!(unknown)";
        }

        var parameters = name.IndexOf('(', StringComparison.Ordinal);
        return parameters < 0 ? name : name[..parameters];
    }
}
