using System.Net;

namespace Linkerd.Tcp.Sessions;

/// <summary>
/// Counts the sessions of each client address that has any, so that its size follows the number of sessions. Any thread; one lock, held for a
/// look-up.
/// </summary>
/// <param name="maximum">The most sessions of one address.</param>
internal sealed class ClientCounts(int maximum)
{
    private int _maximum = maximum;
    private readonly Lock _lock = new();
    private readonly Dictionary<UInt128, ClientCount> _counts = [];

    /// <summary>The number of addresses that have sessions.</summary>
    public int Addresses
    {
        get
        {
            lock (_lock)
            {
                return _counts.Count;
            }
        }
    }

    /// <summary>Changes the largest number of sessions of one address. No session ends.</summary>
    public void SetMaximum(int maximum)
    {
        lock (_lock)
        {
            _maximum = maximum;
        }
    }

    /// <summary>Takes a place for a session of a client.</summary>
    /// <param name="client">The client; one that has no IP address is not limited.</param>
    /// <param name="place">The place, to be given back when the session ends; null if the client is not limited.</param>
    /// <returns>False if the client has as many sessions as it may have.</returns>
    public bool TryAcquire(EndPoint? client, out ClientCount? place)
    {
        place = null;
        if (client is not IPEndPoint { Address: var ip })
        {
            return true;
        }

        var address = ClientKey.Of(ip);
        lock (_lock)
        {
            if (!_counts.TryGetValue(address, out var count))
            {
                count = new ClientCount(address);
                _counts.Add(address, count);
            }
            else if (count.Sessions >= _maximum)
            {
                return false;
            }

            count.Sessions++;
            place = count;
            return true;
        }
    }

    /// <summary>Gives a place back.</summary>
    public void Release(ClientCount? place)
    {
        if (place is null)
        {
            return;
        }

        lock (_lock)
        {
            if (--place.Sessions == 0)
            {
                _counts.Remove(place.Address);
            }
        }
    }
}
