using System.Globalization;

namespace Troupe.Cli.Models;

/// <summary>The settings of one model, wherever they stand: in the environment (<c>OPENAI_BASE_URL</c>) or in a file (<c>base_url</c>).</summary>
/// <param name="get">The text of a member; null where there is none.</param>
/// <param name="wrong">Takes a mistake: the member, what stands there, what should. Where it returns, the mistake is noted and the usual value is taken.</param>
internal sealed class ModelSettings(Func<string, string?> get, Action<string, string, string> wrong)
{
    public string? Text(string member) => get(member) is { Length: > 0 } text ? text : null;

    /// <summary>A member that must be there.</summary>
    public string Needed(string member, string what)
    {
        if (Text(member) is { } text)
        {
            return text;
        }

        wrong(member, "", what);
        return "missing";
    }

    public Uri Address(string member, Uri usual)
    {
        if (Text(member) is not { } text)
        {
            return usual;
        }

        if (Uri.TryCreate(text, UriKind.Absolute, out var address) && address.Scheme is "http" or "https" && address.UserInfo.Length == 0)
        {
            return address;
        }

        wrong(member, text.Contains('@', StringComparison.Ordinal) ? "(secret)" : text, $"an http or https address without a name or password, such as {usual}");
        return usual;
    }

    public TimeSpan Seconds(string member, TimeSpan usual) => TimeSpan.FromSeconds(Number(member, usual.TotalSeconds, 0.01, 86_400));

    public int Whole(string member, int usual, int least, int most) => (int)Number(member, usual, least, most, whole: true);

    public double Number(string member, double usual, double least, double most, bool whole = false)
    {
        if (Text(member) is not { } text)
        {
            return usual;
        }

        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most && (!whole || number == Math.Floor(number)))
        {
            return number;
        }

        wrong(member, text, string.Create(CultureInfo.InvariantCulture, $"a {(whole ? "whole " : "")}number from {least} to {most}"));
        return usual;
    }

    public string OneOf(string member, string usual, params IReadOnlyList<string> values)
    {
        var text = Text(member) ?? usual;
        if (values.Contains(text, StringComparer.Ordinal))
        {
            return text;
        }

        wrong(member, text, string.Join(" or ", values));
        return usual;
    }
}
