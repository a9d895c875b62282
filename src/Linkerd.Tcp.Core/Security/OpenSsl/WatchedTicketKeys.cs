using System.Globalization;
using System.Security.Cryptography;
using Linkerd.Tcp.Infrastructure;
using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.Security.Certificates;
using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp.Security.OpenSsl;

/// <summary>Reads the keys of session tickets from a file, and again when it has changed and was written whole. Keys that cannot be used are logged, and those before them stay. Any thread.</summary>
internal sealed partial class WatchedTicketKeys : IDisposable
{
    // That of nginx and HAProxy with AES-128.
    private const int OtherKeyLength = 48;
    private const int MaxKeys = 64;

    private readonly Lock _lock = new();
    private readonly string _path;
    private readonly string _option;
    private readonly ILogger _logger;
    private readonly Action<TicketKeys> _replace;
    private readonly FileChangeDetector _changes;
    private readonly ITimer _timer;
    private bool _isDisposed;

    /// <param name="path">The path.</param>
    /// <param name="services">The clock and the log.</param>
    /// <param name="optionPath">The path of the options, with a dot, for errors.</param>
    /// <param name="replace">Takes keys that have changed, on the thread pool.</param>
    public WatchedTicketKeys(string path, CertificateServices services, string optionPath, Action<TicketKeys> replace)
    {
        _path = Path.GetFullPath(path);
        _option = optionPath + nameof(ListenerTlsOptions.TicketKeyFile);
        _logger = services.Logger;
        _replace = replace;
        _changes = new([_path], services.TimeProvider);
        _timer = services.TimeProvider.CreateTimer(static file => ((WatchedTicketKeys)file!).OnTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Reads the keys, and begins to watch the file.</summary>
    /// <exception cref="InvalidOptionsException">It cannot be used.</exception>
    public TicketKeys Load()
    {
        try
        {
            var keys = Read();
            _timer.Change(FileChangeDetector.PollInterval, Timeout.InfiniteTimeSpan);
            return keys;
        }
        catch (CertificateLoadException e)
        {
            _timer.Dispose();
            throw new InvalidOptionsException([new(_option, e.Message)], null);
        }
    }

    /// <summary>Reads the keys again, whether the file has changed or not. Blocks on the file system: not for event loops.</summary>
    /// <returns>The reason why they cannot be used, so that those before them stay; null if there is none.</returns>
    public string? Reload()
    {
        lock (_lock)
        {
            return _isDisposed ? null : Replace(isForced: true);
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _isDisposed = true;
        }

        _timer.Dispose();
    }

    // One shot after the other, so that a file system that hangs has one thread wait for it.
    private void OnTimer()
    {
        lock (_lock)
        {
            if (_isDisposed)
            {
                return;
            }

            if (_changes.Poll())
            {
                Replace(isForced: false);
            }

            _timer.Change(_changes.IsSettling ? FileChangeDetector.SettleInterval : FileChangeDetector.PollInterval, Timeout.InfiniteTimeSpan);
        }
    }

    // With the lock.
    private string? Replace(bool isForced)
    {
        try
        {
            var keys = Read();
            _replace(keys);
            Log.Loaded(_logger, _path, keys.Count);
            return null;
        }
        catch (CertificateLoadException e)
        {
            // Half of a new file may have been read: the next polls wait for the rest.
            if (isForced || !_changes.HasChangedSinceLoad())
            {
                Log.Kept(_logger, e.Message);
            }

            return e.Message;
        }
    }

    private TicketKeys Read()
    {
        _changes.BeginLoad();
        var content = BoundedFile.Read(_path, _option);
        try
        {
            if (FindProblem(content) is { } problem)
            {
                throw new CertificateReader(_path, _option).Fail(CertificateFailure.Malformed, problem);
            }

            var keys = new TicketKeys(content.Length);
            content.CopyTo(keys.Bytes);
            return keys;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(content);
        }
    }

    private static string? FindProblem(ReadOnlySpan<byte> content)
    {
        const string Expected = "keys of 80 bytes each were expected (make one: openssl rand 80 > FILE)";
        if (content.Length % TicketKeys.KeyLength != 0)
        {
            return content.Length % OtherKeyLength == 0
                ? string.Create(CultureInfo.InvariantCulture, $"it has {content.Length} bytes, as of keys of 48 bytes for AES-128; {Expected}")
                : string.Create(CultureInfo.InvariantCulture, $"it has {content.Length} bytes; {Expected}");
        }

        var count = content.Length / TicketKeys.KeyLength;
        if (count > MaxKeys)
        {
            return string.Create(CultureInfo.InvariantCulture, $"it has {count} keys; at most {MaxKeys} were expected");
        }

        // The name finds the key: with a copy of a name, the tickets of one of them would never be decrypted.
        var names = new HashSet<string>();
        for (var i = 0; i < count; i++)
        {
            if (!names.Add(Convert.ToHexString(content.Slice(i * TicketKeys.KeyLength, TicketKeys.NameLength))))
            {
                return string.Create(CultureInfo.InvariantCulture, $"key {i + 1} has the name of one before it (its first {TicketKeys.NameLength} bytes)");
            }
        }

        return null;
    }

    private static partial class Log
    {
        [LoggerMessage(6109, LogLevel.Information, "{File}: {Count} keys of session tickets loaded", EventName = "TicketKeysLoaded")]
        public static partial void Loaded(ILogger logger, string file, int count);

        [LoggerMessage(6110, LogLevel.Error, "keys of session tickets that were changed are not used, and those before them stay: {Problem}", EventName = "TicketKeysKept")]
        public static partial void Kept(ILogger logger, string problem);
    }
}
