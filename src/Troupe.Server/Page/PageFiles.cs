using System.Buffers.Text;
using System.Collections.Frozen;
using System.Security.Cryptography;

namespace Troupe.Server.Page;

/// <summary>The built page: every file of its folder, read once. Immutable.</summary>
internal sealed class PageFiles
{
    private const long MaxBytes = 64 << 20;
    private static readonly FrozenDictionary<string, string> Types = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        [".html"] = "text/html; charset=utf-8",
        [".js"] = "text/javascript; charset=utf-8",
        [".css"] = "text/css; charset=utf-8",
        [".svg"] = "image/svg+xml",
        [".png"] = "image/png",
        [".ico"] = "image/x-icon",
        [".woff2"] = "font/woff2",
        [".webmanifest"] = "application/manifest+json",
        [".txt"] = "text/plain; charset=utf-8",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    private readonly FrozenDictionary<string, PageFile> _files;

    private PageFiles(Dictionary<string, PageFile> files) => _files = files.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>The page itself, which every address of it begins with; null when the page was not built.</summary>
    public PageFile? Index => Find("/index.html");

    /// <summary>Reads a folder; one that is missing has no files.</summary>
    /// <exception cref="TroupeException">There is more in it than a page has, 64 MiB (code page_too_large).</exception>
    public static PageFiles Read(string folder)
    {
        var files = new Dictionary<string, PageFile>(StringComparer.Ordinal);
        if (!Directory.Exists(folder))
        {
            return new(files);
        }

        long total = 0;
        foreach (var path in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
        {
            total += new FileInfo(path).Length;
            if (total > MaxBytes)
            {
                throw new TroupeException(ErrorKind.Setup, "page_too_large", $"TROUPE_PAGE is '{folder}', which holds more than {MaxBytes >> 20} MiB; it must be the folder of the built page.");
            }

            if (Types.TryGetValue(Path.GetExtension(path), out var type))
            {
                var name = "/" + Path.GetRelativePath(folder, path).Replace('\\', '/');
                var bytes = File.ReadAllBytes(path);
                var brotli = File.Exists(path + ".br") ? File.ReadAllBytes(path + ".br") : null;

                // A name with a hash in it never means other bytes.
                var isImmutable = name.StartsWith("/assets/", StringComparison.Ordinal);
                files[name] = new PageFile(bytes, brotli, type, $"\"{Base64Url.EncodeToString(SHA256.HashData(bytes).AsSpan(0, 12))}\"", isImmutable);
            }
        }

        return new(files);
    }

    /// <summary>The file at a path; null when there is none.</summary>
    public PageFile? Find(string path) => _files.GetValueOrDefault(path);
}
