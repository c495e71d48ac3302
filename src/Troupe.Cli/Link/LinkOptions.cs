using System.CommandLine;

namespace Troupe.Cli.Link;

/// <summary>The options of every command that talks to a server, and how its result is printed.</summary>
internal sealed class LinkOptions
{
    public Option<string?> Url { get; } = new("--url") { Description = "The server's address; else the one that holds the data folder.", Recursive = true };

    public Option<string?> Key { get; } = new("--key") { Description = "The key, better given as TROUPE_API_KEY, where no list of processes shows it.", Recursive = true };

    public Option<string?> Data { get; } = new("--data") { Description = "The data folder; else TROUPE_DATA, else 'data'.", Recursive = true };

    public Option<bool> Json { get; } = new("--json") { Description = "Print JSON, for programs.", Recursive = true };

    public void AddTo(RootCommand root)
    {
        root.Options.Add(Url);
        root.Options.Add(Key);
        root.Options.Add(Data);
        root.Options.Add(Json);
    }
}
