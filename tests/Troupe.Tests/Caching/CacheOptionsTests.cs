using System.Globalization;
using System.Text;
using Troupe.Caching;
using static Troupe.Tests.Caching.Caches;

namespace Troupe.Tests.Caching;

/// <summary>Each option out of its range is refused with its name, its value and the range.</summary>
public sealed class CacheOptionsTests
{
    public static TheoryData<string, string, string> Wrong => new()
    {
        { "Name", "", "1 to 64 characters" },
        { "Name", new string('a', 65), "1 to 64 characters" },
        { "Name", "Upper", "a-z, 0-9, - and _" },
        { "MaxEntries", "0", "1 to 10,000,000" },
        { "MaxEntries", "10000001", "1 to 10,000,000" },
        { "MaxBytes", "1023", "1,024 to 1,099,511,627,776" },
        { "MaxBytes", "1099511627777", "1,024 to 1,099,511,627,776" },
        { "TimeToLive", "00:00:00", "1 ms to 365 days" },
        { "TimeToLive", "365.00:00:00.0000001", "1 ms to 365 days" },
        { "StaleFor", "-00:00:00.0000001", "0 to 365 days" },
        { "StaleFor", "365.00:00:00.0000001", "0 to 365 days" },
        { "Jitter", "-0.01", "0 to 0.5" },
        { "Jitter", "0.51", "0 to 0.5" },
        { "Jitter", "NaN", "0 to 0.5" },
        { "AdaptiveTimeToLive", "(00:01:00, 00:00:59)", "two times from 1 ms to 365 days, the least first" },
        { "AdaptiveTimeToLive", "(00:00:00, 00:00:59)", "two times from 1 ms to 365 days, the least first" },
        { "Eviction", "7", "S3Fifo or Lru" },
        { "LoadTimeout", "00:00:00", "1 ms to 1 day" },
        { "LoadTimeout", "1.00:00:00.0000001", "1 ms to 1 day" },
        { "FailureBackoff", "-00:00:00.0000001", "0 to 1 day" },
        { "FailureBackoff", "1.00:00:00.0000001", "0 to 1 day" },
        { "MaxFailureBackoff", "00:00:00.5000000", "FailureBackoff to 1 day" },
        { "MaxFailureBackoff", "1.00:00:00.0000001", "FailureBackoff to 1 day" },
        { "SweepInterval", "-00:00:00.0000001", "0, or 1 ms to 1 day" },
        { "SweepInterval", "00:00:00.0000001", "0, or 1 ms to 1 day" },
        { "SweepInterval", "1.00:00:00.0000001", "0, or 1 ms to 1 day" },
        { "SecondLevel.Timeout", "00:00:00", "1 ms to 1 minute" },
        { "SecondLevel.Timeout", "00:01:00.0000001", "1 ms to 1 minute" },
        { "SecondLevel.Rest", "00:00:00.0999999", "0.1 s to 1 day" },
        { "SecondLevel.Rest", "1.00:00:00.0000001", "0.1 s to 1 day" },
        { "SecondLevel.Keep", "00:00:00.9999999", "1 s to 365 days" },
        { "SecondLevel.Keep", "365.00:00:00.0000001", "1 s to 365 days" },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void An_option_out_of_range_is_refused_with_its_name_value_and_range(string name, string value, string range)
    {
        var refused = Assert.Throws<TroupeException>(() => new Cache<string, string>(With(name, value), new ManualTime()));
        Assert.Equal((ErrorKind.Setup, "option_out_of_range"), (refused.Kind, refused.Code));
        Assert.Contains($" has {name} {value}; it must be ", refused.Message, StringComparison.Ordinal);
        Assert.Contains(range, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_ends_of_the_ranges_are_allowed()
    {
        var day = TimeSpan.FromDays(1);
        var year = TimeSpan.FromDays(365);
        var millisecond = TimeSpan.FromMilliseconds(1);
        new Cache<string, string>(
            new CacheOptions<string, string>
            {
                Name = new string('a', 64),
                MaxEntries = 10_000_000,
                MaxBytes = 1L << 40,
                TimeToLive = year,
                StaleFor = year,
                Jitter = 0.5,
                AdaptiveTimeToLive = (millisecond, year),
                LoadTimeout = day,
                FailureBackoff = day,
                MaxFailureBackoff = day,
                SweepInterval = day,
                SecondLevel = Second(Minute, day, year),
            },
            new ManualTime()).Dispose();
        new Cache<string, string>(
            new CacheOptions<string, string>
            {
                Name = "a",
                MaxEntries = 1,
                MaxBytes = 1024,
                TimeToLive = millisecond,
                AdaptiveTimeToLive = (millisecond, millisecond),
                LoadTimeout = millisecond,
                MaxFailureBackoff = TimeSpan.Zero,
                SweepInterval = millisecond,
                SecondLevel = Second(millisecond, TimeSpan.FromSeconds(0.1), TimeSpan.FromSeconds(1)),
            },
            new ManualTime()).Dispose();
    }

    [Theory]
    [InlineData(0, 2)]
    [InlineData(100_001, 2)]
    [InlineData(10, 0)]
    [InlineData(10, 65)]
    public void A_prefetcher_out_of_range_is_refused(int capacity, int atOnce)
    {
        var refused = Assert.Throws<TroupeException>(() => new Prefetcher(capacity, atOnce));
        Assert.Equal("option_out_of_range", refused.Code);
        Assert.Contains($"capacity {capacity} and {atOnce} at once", refused.Message, StringComparison.Ordinal);
    }

    private static CacheOptions<string, string> With(string name, string value)
    {
        var culture = CultureInfo.InvariantCulture;
        return name switch
        {
            "Name" => Options with { Name = value },
            "MaxEntries" => Options with { MaxEntries = int.Parse(value, culture) },
            "MaxBytes" => Options with { MaxBytes = long.Parse(value, culture) },
            "TimeToLive" => Options with { TimeToLive = Time(value) },
            "StaleFor" => Options with { StaleFor = Time(value) },
            "Jitter" => Options with { Jitter = double.Parse(value, culture) },
            "AdaptiveTimeToLive" => Options with { AdaptiveTimeToLive = (Time(value[1..^1].Split(", ")[0]), Time(value[1..^1].Split(", ")[1])) },
            "Eviction" => Options with { Eviction = (EvictionKind)int.Parse(value, culture) },
            "LoadTimeout" => Options with { LoadTimeout = Time(value) },
            "FailureBackoff" => Options with { FailureBackoff = Time(value), MaxFailureBackoff = TimeSpan.FromDays(1) },
            "MaxFailureBackoff" => Options with { FailureBackoff = TimeSpan.FromSeconds(1), MaxFailureBackoff = Time(value) },
            "SweepInterval" => Options with { SweepInterval = Time(value) },
            "SecondLevel.Timeout" => Options with { SecondLevel = Second(Time(value), Minute, Minute) },
            "SecondLevel.Rest" => Options with { SecondLevel = Second(Minute, Time(value), Minute) },
            _ => Options with { SecondLevel = Second(Minute, Minute, Time(value)) },
        };
    }

    private static TimeSpan Time(string text) => TimeSpan.Parse(text, CultureInfo.InvariantCulture);

    private static SecondLevel<string, string> Second(TimeSpan timeout, TimeSpan rest, TimeSpan keep) =>
        new(new SharedStore(new ManualTime()), Encoding.UTF8.GetBytes, Encoding.UTF8.GetString, static k => k) { Timeout = timeout, Rest = rest, Keep = keep };
}
