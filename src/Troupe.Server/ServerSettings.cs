using System.Globalization;
using System.Net;
using Troupe.Chat;

namespace Troupe.Server;

/// <summary>The server's settings, read from environment variables under the seeds' own names and Troupe's.</summary>
public sealed record ServerSettings
{
    /// <summary><c>TROUPE_HOST</c>: the IP address to listen on, or localhost; 0.0.0.0 or [::] for all. Default 127.0.0.1.</summary>
    public string Host { get; init; } = "127.0.0.1";

    /// <summary><c>TROUPE_PORT</c>: 0 to 65,535; 0 takes a free one. Default 5080.</summary>
    public int Port { get; init; } = 5080;

    /// <summary><c>TROUPE_DATA</c>: the data folder. Default <c>data</c>.</summary>
    public string Data { get; init; } = "data";

    /// <summary><c>TROUPE_PAGE</c>: the folder of the built page. Default <c>page</c> beside the program.</summary>
    public string Page { get; init; } = Path.Combine(AppContext.BaseDirectory, "page");

    /// <summary><c>TROUPE_API_KEY</c>: a key with all rights and no limits, at least 16 characters. Default none.</summary>
    public string? ApiKey { get; init; }

    /// <summary><c>ENABLE_RESPONSE_COMPRESSION</c>. Default false.</summary>
    public bool Compression { get; init; }

    /// <summary><c>TROUPE_KEEP_ALIVE</c>: seconds that an idle connection stays open, 1 to 3,600. Default 120.</summary>
    public int KeepAliveSeconds { get; init; } = 120;

    /// <summary><c>TROUPE_MAX_CONNECTIONS</c>: 1 to 1,000,000. Default 20,000.</summary>
    public int MaxConnections { get; init; } = 20_000;

    /// <summary><c>TROUPE_MAX_BODY</c>: bytes of a request's body, 1,024 to 1,073,741,824. Default 4,194,304.</summary>
    public int MaxBodyBytes { get; init; } = 4 << 20;

    /// <summary><c>TROUPE_MAX_MESSAGE</c>: characters of a message, 1 to 1,000,000. Default 262,144.</summary>
    public int MaxMessageLength { get; init; } = 256 << 10;

    /// <summary><c>TROUPE_DRAIN</c>: seconds that running turns get at shutdown, 0 to 3,600. Default 20.</summary>
    public int DrainSeconds { get; init; } = 20;

    /// <summary><c>TROUPE_ALERT_WEBHOOK</c>: the http or https address that changes of the server's health are posted to. Default none.</summary>
    public Uri? AlertWebhook { get; init; }

    /// <summary><c>CACHE_TTL</c>: seconds that an unused session stays loaded, 1 to 604,800. Default 3,600.</summary>
    public int CacheTtlSeconds { get; init; } = 3600;

    /// <summary><c>LLM_CACHE_TTL</c>: seconds that a model's answer may be given again, for the agents that allow it, 0 to 604,800; 0 for never. Default 300.</summary>
    public double AnswerTtlSeconds { get; init; } = 300;

    /// <summary><c>AGENT_POOL_SIZE</c>: agents that are kept warm, 1 to 10,000. It bounds no concurrency. Default 10.</summary>
    public int AgentPoolSize { get; init; } = 10;

    /// <summary><c>TROUPE_BUDGET_TURN_TOKENS</c>, <c>TROUPE_BUDGET_SESSION_TOKENS</c>, <c>TROUPE_BUDGET_DAY_TOKENS</c>, and the same with <c>_MONEY</c> in the unit of the models' prices: what a
    /// turn, a session, and an owner in a day may spend. Default without limits.</summary>
    public Budget? Budget { get; init; }

    /// <summary><c>SAVE_INTERVAL</c>: seconds between saves of what is batched, 0.05 to 3,600. Default 5.</summary>
    public double SaveIntervalSeconds { get; init; } = 5;

    /// <summary><c>DB_POOL_SIZE</c>: connections that read, 1 to 500. Default 20.</summary>
    public int DbPoolSize { get; init; } = 20;

    /// <summary><c>DB_MAX_OVERFLOW</c>: further connections that read when all are busy, 0 to 500. Default 30.</summary>
    public int DbMaxOverflow { get; init; } = 30;

    /// <summary>Bytes of a session or a file to import: 16 times <see cref="MaxBodyBytes"/>.</summary>
    internal long MaxImportBytes => 16L * MaxBodyBytes;

    /// <summary>Reads the settings.</summary>
    /// <param name="read">The value of a variable; null or empty for the default.</param>
    /// <exception cref="TroupeException">A value is out of range; the message names the variable, the value and the range.</exception>
    public static ServerSettings Read(Func<string, string?> read)
    {
        var defaults = new ServerSettings();
        if (read("REDIS_URL") is { Length: > 0 })
        {
            throw Wrong("REDIS_URL", "(set)", "unset: this build has no Redis client. The cache's second level takes any IDistributedCache; embed the runtime and register one");
        }

        return new ServerSettings
        {
            Host = Address("TROUPE_HOST", defaults.Host),
            Port = Whole("TROUPE_PORT", defaults.Port, 0, 65_535),
            Data = Text("TROUPE_DATA", defaults.Data),
            Page = Text("TROUPE_PAGE", defaults.Page),
            ApiKey = read("TROUPE_API_KEY") is { Length: > 0 } key
                ? key.Length is >= 16 and <= 512 ? key : throw Wrong("TROUPE_API_KEY", "(secret)", "16 to 512 characters")
                : null,
            Compression = Flag("ENABLE_RESPONSE_COMPRESSION", defaults.Compression),
            KeepAliveSeconds = Whole("TROUPE_KEEP_ALIVE", defaults.KeepAliveSeconds, 1, 3600),
            MaxConnections = Whole("TROUPE_MAX_CONNECTIONS", defaults.MaxConnections, 1, 1_000_000),
            MaxBodyBytes = Whole("TROUPE_MAX_BODY", defaults.MaxBodyBytes, 1024, 1 << 30),
            MaxMessageLength = Whole("TROUPE_MAX_MESSAGE", defaults.MaxMessageLength, 1, 1_000_000),
            DrainSeconds = Whole("TROUPE_DRAIN", defaults.DrainSeconds, 0, 3600),
            AlertWebhook = read("TROUPE_ALERT_WEBHOOK") is { Length: > 0 } webhook
                ? Uri.TryCreate(webhook, UriKind.Absolute, out var target) && target.Scheme is "http" or "https" ? target : throw Wrong("TROUPE_ALERT_WEBHOOK", "(secret)", "an http or https address")
                : null,
            CacheTtlSeconds = Whole("CACHE_TTL", defaults.CacheTtlSeconds, 1, 604_800),
            AnswerTtlSeconds = Number("LLM_CACHE_TTL", defaults.AnswerTtlSeconds, 0, 604_800),
            AgentPoolSize = Whole("AGENT_POOL_SIZE", defaults.AgentPoolSize, 1, 10_000),
            Budget = Spending(),
            SaveIntervalSeconds = Number("SAVE_INTERVAL", defaults.SaveIntervalSeconds, 0.05, 3600),
            DbPoolSize = Whole("DB_POOL_SIZE", defaults.DbPoolSize, 1, 500),
            DbMaxOverflow = Whole("DB_MAX_OVERFLOW", defaults.DbMaxOverflow, 0, 500),
        };

        Budget? Spending()
        {
            var budget = new Budget
            {
                TurnTokens = Limit("TROUPE_BUDGET_TURN_TOKENS"),
                SessionTokens = Limit("TROUPE_BUDGET_SESSION_TOKENS"),
                OwnerDayTokens = Limit("TROUPE_BUDGET_DAY_TOKENS"),
                TurnMoney = Money("TROUPE_BUDGET_TURN_MONEY"),
                SessionMoney = Money("TROUPE_BUDGET_SESSION_MONEY"),
                OwnerDayMoney = Money("TROUPE_BUDGET_DAY_MONEY"),
            };
            return budget == new Budget() ? null : budget;

            long? Limit(string name) => read(name) is { Length: > 0 } ? (long)Number(name, 0, 1, 1e15) : null;

            decimal? Money(string name) => read(name) is { Length: > 0 } ? (decimal)Number(name, 0, 0.000001, 1e9) : null;
        }

        string Text(string name, string usual) => read(name) is { Length: > 0 } text ? text : usual;

        // Another name would not be looked up: the server would listen on all addresses.
        string Address(string name, string usual) => Text(name, usual) is var text && (text == "localhost" || IPAddress.TryParse(text, out _)) ? text
            : throw Wrong(name, text, "an IP address of this machine, or localhost");

        int Whole(string name, int usual, int least, int most) => read(name) is not { Length: > 0 } text ? usual
            : int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) && value >= least && value <= most ? value
            : throw Wrong(name, text, $"a whole number from {least} to {most}");

        double Number(string name, double usual, double least, double most) => read(name) is not { Length: > 0 } text ? usual
            : double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && value >= least && value <= most ? value
            : throw Wrong(name, text, string.Create(CultureInfo.InvariantCulture, $"a number from {least} to {most}"));

        bool Flag(string name, bool usual) => read(name)?.ToLowerInvariant() switch
        {
            null or "" => usual,
            "true" or "1" or "yes" or "on" => true,
            "false" or "0" or "no" or "off" => false,
            var text => throw Wrong(name, text, "true or false"),
        };
    }

    /// <summary>The error of a setting that is out of range.</summary>
    public static TroupeException Wrong(string name, string value, string range) =>
        new(ErrorKind.Setup, "setting_out_of_range", $"{name} is '{value}'; it must be {range}.") { Member = name };
}
