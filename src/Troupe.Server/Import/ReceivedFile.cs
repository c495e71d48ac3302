using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Troupe.Server.Http;

namespace Troupe.Server.Import;

/// <summary>Keeps a request's body in a file of the data folder while it is read: it may be larger than memory should hold, and is read twice to tell what it is.</summary>
internal static class ReceivedFile
{
    private const int BufferBytes = 64 << 10;

    /// <summary>Receives the body. The file has no name any more, and is gone when it is disposed, or with the process.</summary>
    /// <exception cref="TroupeException">It is too large (code body_too_large), or cannot be kept (code import_not_kept).</exception>
    public static async Task<FileStream> ReceiveAsync(HttpContext context, ServerSettings settings, CancellationToken cancellationToken)
    {
        context.Features.GetRequiredFeature<IHttpMaxRequestBodySizeFeature>().MaxRequestBodySize = settings.MaxImportBytes;
        var file = Open(Path.GetFullPath(settings.Data));
        try
        {
            await CopyAsync(context, file, settings, cancellationToken);
            file.Position = 0;
            return file;
        }
        catch
        {
            await file.DisposeAsync();
            throw;
        }
    }

    private static async Task CopyAsync(HttpContext context, FileStream file, ServerSettings settings, CancellationToken cancellationToken)
    {
        while (true)
        {
            var read = await ReadAsync(context, settings, cancellationToken);
            try
            {
                foreach (var part in read.Buffer)
                {
                    await file.WriteAsync(part, cancellationToken);
                }

                if (read.IsCompleted)
                {
                    await file.FlushAsync(cancellationToken);
                    return;
                }
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                throw NotKept(failure);
            }
            finally
            {
                context.Request.BodyReader.AdvanceTo(read.Buffer.End);
            }
        }
    }

    private static async ValueTask<System.IO.Pipelines.ReadResult> ReadAsync(HttpContext context, ServerSettings settings, CancellationToken cancellationToken)
    {
        try
        {
            return await JsonBody.ReadBodyAsync(context, cancellationToken);
        }
        catch (TroupeException failure) when (failure.Code == "body_too_large")
        {
            throw new TroupeException(
                ErrorKind.Invalid, failure.Code, $"The file is larger than {settings.MaxImportBytes} bytes. Split it, or use 'troupe import', which takes files of 1 GiB.");
        }
    }

    private static FileStream Open(string folder)
    {
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.ReadWrite,
            Share = FileShare.Delete,
            BufferSize = BufferBytes,
            Options = FileOptions.Asynchronous | FileOptions.DeleteOnClose,
        };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        try
        {
            Directory.CreateDirectory(folder);
            var path = Path.Combine(folder, $"import-{Path.GetRandomFileName()}");
            var file = new FileStream(path, options);
            if (!OperatingSystem.IsWindows())
            {
                // What has no name is left behind by no kill.
                File.Delete(path);
            }

            return file;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw NotKept(failure);
        }
    }

    private static TroupeException NotKept(Exception failure) =>
        new(ErrorKind.Unavailable, "import_not_kept", "The file cannot be kept while it is read: the disk of the server's data folder is full or takes no writes. Nothing was imported.", failure);
}
