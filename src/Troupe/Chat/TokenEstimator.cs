namespace Troupe.Chat;

/// <summary>Counts tokens without a tokenizer: characters by a ratio that is learned from the usage the provider reports.
/// Thread-safe.</summary>
public sealed class TokenEstimator
{
    // English prose has about four characters a token; a little fewer is the safe side.
    private const double InitialRatio = 3.6;
    private const double Weight = 0.2;
    private const int LeastTokens = 16;
    private long _ratioBits = BitConverter.DoubleToInt64Bits(InitialRatio);

    /// <summary>Characters a token, as learned so far; 0.5 to 10.</summary>
    public double CharactersPerToken => BitConverter.Int64BitsToDouble(Volatile.Read(ref _ratioBits));

    /// <summary>About how many tokens so many characters are; at least 1 for at least one character.</summary>
    public int Estimate(long characters) => (int)Math.Min(int.MaxValue, Math.Ceiling(characters / CharactersPerToken));

    /// <summary>Takes a reported usage into account; very short texts say too little and are passed over.</summary>
    public void Learn(long characters, long tokens)
    {
        if (tokens < LeastTokens || characters <= 0)
        {
            return;
        }

        var seen = Math.Clamp((double)characters / tokens, 0.5, 10);
        var bits = Volatile.Read(ref _ratioBits);
        while (true)
        {
            var learned = (BitConverter.Int64BitsToDouble(bits) * (1 - Weight)) + (seen * Weight);
            var found = Interlocked.CompareExchange(ref _ratioBits, BitConverter.DoubleToInt64Bits(learned), bits);
            if (found == bits)
            {
                return;
            }

            bits = found;
        }
    }
}
