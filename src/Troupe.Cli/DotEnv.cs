namespace Troupe.Cli;

/// <summary>Settings from a <c>.env</c> file and the environment, which wins.</summary>
internal static class DotEnv
{
    private const int MaxBytes = 1 << 20;

    /// <summary>A reader of settings by name.</summary>
    public static Func<string, string?> Open(string path)
    {
        var values = File.Exists(path) ? Read(path) : [];
        return name => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : values.GetValueOrDefault(name);
    }

    private static Dictionary<string, string> Read(string path)
    {
        if (new FileInfo(path).Length > MaxBytes)
        {
            throw new TroupeException(ErrorKind.Setup, "dotenv_too_large", $"'{path}' is larger than {MaxBytes} bytes; that is no file of settings.");
        }

        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        var number = 0;
        foreach (var line in File.ReadLines(path))
        {
            number++;
            var text = line.AsSpan().Trim();
            if (text.IsEmpty || text[0] == '#')
            {
                continue;
            }

            if (text.StartsWith("export "))
            {
                text = text["export ".Length..].TrimStart();
            }

            var equals = text.IndexOf('=');
            if (equals <= 0)
            {
                throw new TroupeException(ErrorKind.Setup, "dotenv_invalid", $"'{path}' line {number} is not NAME=value.");
            }

            values[text[..equals].Trim().ToString()] = Unquote(text[(equals + 1)..].Trim());
        }

        return values;
    }

    private static string Unquote(ReadOnlySpan<char> value)
    {
        if (value.Length >= 2 && value[0] is '"' or '\'')
        {
            var end = value[1..].IndexOf(value[0]) + 1;
            var rest = value[(end + 1)..].TrimStart();
            if (end > 0 && (rest.IsEmpty || rest[0] == '#'))
            {
                return value[1..end].ToString();
            }
        }

        var comment = value.IndexOf(" #");
        return (comment < 0 ? value : value[..comment].TrimEnd()).ToString();
    }
}
