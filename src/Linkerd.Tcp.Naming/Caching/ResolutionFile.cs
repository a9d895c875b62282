using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp.Naming.Caching;

/// <summary>Represents the file with the last resolution of one name. Errors are logged, never thrown.</summary>
internal sealed partial class ResolutionFile(CachingResolverOptions options, DstPath name)
{
    private const long MaxBytes = 64 * 1024 * 1024;
    private readonly string _path = PathOf(options, name);

    /// <summary>Reads the stored resolution; returns null if there is none that can be used.</summary>
    public Resolution.Bound? Read()
    {
        try
        {
            var info = new FileInfo(_path);
            if (!info.Exists)
            {
                return null;
            }

            if (info.Length > MaxBytes)
            {
                throw new InvalidDataException($"it has {info.Length} bytes; at most {MaxBytes} are read");
            }

            var saved = SavedResolution.Parse(File.ReadAllBytes(_path));
            if (saved.Name != name.ToString() || saved.Scope != options.Scope)
            {
                throw new InvalidDataException($"it is about {saved.Name} of '{saved.Scope}', and not about {name} of '{options.Scope}'");
            }

            Log.Read(options.Logger, name, saved.Endpoints.Count, saved.SavedAt, _path);
            return new Resolution.Bound(saved.Endpoints, isStale: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException or InvalidDataException)
        {
            Log.NotRead(options.Logger, _path, name, e.Message);
            return null;
        }
    }

    /// <summary>Writes the resolution of the name, atomically.</summary>
    public void Write(EndpointSet endpoints)
    {
        if (SavedResolution.Print(name, options.Scope, options.TimeProvider.GetUtcNow(), endpoints) is not { } bytes)
        {
            return;
        }

        var beside = $"{_path}.{Environment.ProcessId}.tmp";
        try
        {
            Directory.CreateDirectory(options.Directory);
            using (var stream = new FileStream(beside, FileMode.Create, FileAccess.Write, FileShare.None))
            {
                stream.Write(bytes.Span);

                // Flushed before the rename: otherwise a power failure could leave an empty file in place of a good one.
                stream.Flush(flushToDisk: true);
            }

            File.Move(beside, _path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Log.NotWritten(options.Logger, _path, name, e.Message);
            TryDelete(beside);
        }
    }

    private static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The next write uses the same name.
        }
    }

    // A name may be longer than a file name can be, and contain characters that a file name cannot.
    private static string PathOf(CachingResolverOptions options, DstPath name)
    {
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{options.Scope}\n{name}")).AsSpan(0, 16));
        var readable = new string([.. name.ToString().Trim('/').Take(60).Select(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_' ? c : '_')]);
        return Path.Combine(options.Directory, $"{readable}-{hash}.json");
    }

    private static partial class Log
    {
        [LoggerMessage(2070, LogLevel.Information, "{Name}: {Count} endpoints are remembered from {SavedAt:u} in {Path}", EventName = "ResolutionRemembered")]
        public static partial void Read(ILogger logger, DstPath name, int count, DateTimeOffset savedAt, string path);

        [LoggerMessage(2071, LogLevel.Warning, "{Path}, which should hold what {Name} was last bound to, cannot be used: {Problem}", EventName = "ResolutionNotRemembered")]
        public static partial void NotRead(ILogger logger, string path, DstPath name, string problem);

        [LoggerMessage(2072, LogLevel.Warning, "{Path}, which should remember what {Name} is bound to, cannot be written: {Problem}", EventName = "ResolutionNotWritten")]
        public static partial void NotWritten(ILogger logger, string path, DstPath name, string problem);
    }
}
