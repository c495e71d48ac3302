using System.Buffers.Binary;
using System.IO.Compression;

namespace Troupe.Bench.Caching;

/// <summary>Sequences of keys that caches are asked for.</summary>
internal static class Traces
{
    /// <summary>A recorded trace of the reference data: big-endian int32 keys, packed; null where the data is not there.</summary>
    public static int[]? Read(string name)
    {
        var path = Path.Combine(Published.Root, "..", "shared", "data", "cache-traces", name + ".trace.gz");
        if (!File.Exists(path))
        {
            return null;
        }

        using var unpacked = new MemoryStream();
        using (var packed = new GZipStream(File.OpenRead(path), CompressionMode.Decompress))
        {
            packed.CopyTo(unpacked);
        }

        var bytes = unpacked.ToArray();
        var keys = new int[bytes.Length / sizeof(int)];
        for (var i = 0; i < keys.Length; i++)
        {
            keys[i] = BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(i * sizeof(int)));
        }

        return keys;
    }

    /// <summary>Keys by Zipf's law: the k-th most asked is asked in proportion to k^-skew.</summary>
    public static int[] Zipf(int keys, double skew, int length, int seed)
    {
        var random = new Random(seed);
        var sums = new double[keys];
        var sum = 0.0;
        for (var k = 0; k < keys; k++)
        {
            sums[k] = sum += Math.Pow(k + 1, -skew);
        }

        var trace = new int[length];
        for (var i = 0; i < length; i++)
        {
            var at = Array.BinarySearch(sums, random.NextDouble() * sum);
            trace[i] = at >= 0 ? at : ~at;
        }

        return trace;
    }

    /// <summary>A Zipf workload through which, every so often, somebody reads a long stretch once.</summary>
    public static int[] Scan(int keys, int length, int seed)
    {
        var random = new Random(seed);
        var zipf = Zipf(keys, 0.99, length, seed);
        var next = keys;
        for (var i = 0; i < length;)
        {
            if (random.Next(100) == 0)
            {
                for (var n = 0; n < 500 && i < length; n++)
                {
                    zipf[i++] = next++;
                }
            }
            else
            {
                i += 50;
            }
        }

        return zipf;
    }

    /// <summary>The same keys round and round, more than fit.</summary>
    public static int[] Loop(int keys, int length)
    {
        var trace = new int[length];
        for (var i = 0; i < length; i++)
        {
            trace[i] = i % keys;
        }

        return trace;
    }
}
