using System.Security.Cryptography;
using Linkerd.Tcp.Security.Certificates;

namespace Linkerd.Tcp.Security.OpenSsl;

/// <summary>
/// Holds the keys of a listener's session tickets. Those of a file are its keys, and are replaced when it changes; without a file they are random, with a new one in each lifetime of a ticket, and the
/// one before is kept to decrypt. Keys are copied out and cleared when they are dropped. Members may be called from any thread.
/// </summary>
internal sealed class TicketKeyRing : IDisposable
{
    private readonly Lock _lock = new();
    private readonly TimeProvider _timeProvider;
    private readonly TimeSpan _lifetime;
    private readonly WatchedTicketKeys? _file;
    private TicketKeys _keys;
    private long _rotatedAt;

    /// <param name="lifetime">The lifetime of a ticket.</param>
    /// <param name="services">The clock and the log.</param>
    /// <param name="path">The file with the keys; null: none.</param>
    /// <param name="optionPath">The path of the options, with a dot, for errors.</param>
    /// <exception cref="Primitives.InvalidOptionsException">The file cannot be used.</exception>
    public TicketKeyRing(TimeSpan lifetime, CertificateServices services, string? path, string optionPath)
    {
        (_lifetime, _timeProvider) = (lifetime, services.TimeProvider);
        _rotatedAt = _timeProvider.GetTimestamp();
        if (path is null)
        {
            _keys = new(TicketKeys.KeyLength);
            RandomNumberGenerator.Fill(_keys.Bytes);
        }
        else
        {
            _file = new WatchedTicketKeys(path, services, optionPath, Replace);
            _keys = _file.Load();
        }
    }

    /// <summary>Copies the key that encrypts.</summary>
    public void CopyCurrent(Span<byte> key)
    {
        lock (_lock)
        {
            Rotate();
            _keys.Bytes[..TicketKeys.KeyLength].CopyTo(key);
        }
    }

    /// <summary>Copies the key of a name.</summary>
    /// <param name="name">The name.</param>
    /// <param name="key">The copy.</param>
    /// <param name="isCurrent">True if it is the key that encrypts.</param>
    /// <returns>False if there is none.</returns>
    public bool TryCopy(ReadOnlySpan<byte> name, Span<byte> key, out bool isCurrent)
    {
        lock (_lock)
        {
            Rotate();
            for (var i = 0; i < _keys.Count; i++)
            {
                var candidate = _keys.Bytes.Slice(i * TicketKeys.KeyLength, TicketKeys.KeyLength);
                if (candidate[..TicketKeys.NameLength].SequenceEqual(name))
                {
                    candidate.CopyTo(key);
                    isCurrent = i == 0;
                    return true;
                }
            }

            isCurrent = false;
            return false;
        }
    }

    /// <summary>Reads the keys of the file again, if there is one, whether it has changed or not, on the thread pool.</summary>
    /// <returns>The reason why they cannot be used, so that those before them stay; null if there is none.</returns>
    public Task<string?> ReloadAsync(CancellationToken cancellationToken) => _file is null ? Task.FromResult<string?>(null) : Task.Run(_file.Reload, cancellationToken);

    /// <summary>Ends the watch of the file. The keys are cleared once nothing refers to them, as handshakes may be under way.</summary>
    public void Dispose() => _file?.Dispose();

    private void Replace(TicketKeys keys)
    {
        lock (_lock)
        {
            _keys.Clear();
            _keys = keys;
        }
    }

    // At use, as keys that nobody uses need no timer. With the lock.
    private void Rotate()
    {
        if (_file is not null || _timeProvider.GetElapsedTime(_rotatedAt) is var age && age < _lifetime)
        {
            return;
        }

        _rotatedAt = _timeProvider.GetTimestamp();

        // Tickets of a key that has not been used for two lifetimes have expired, all of them.
        var keepsLast = age < 2 * _lifetime;
        var keys = new TicketKeys(keepsLast ? 2 * TicketKeys.KeyLength : TicketKeys.KeyLength);
        RandomNumberGenerator.Fill(keys.Bytes[..TicketKeys.KeyLength]);
        if (keepsLast)
        {
            _keys.Bytes[..TicketKeys.KeyLength].CopyTo(keys.Bytes[TicketKeys.KeyLength..]);
        }

        _keys.Clear();
        _keys = keys;
    }
}
