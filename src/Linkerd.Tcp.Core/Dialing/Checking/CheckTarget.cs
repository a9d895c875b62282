using Linkerd.Tcp.Balancing;

namespace Linkerd.Tcp.Dialing.Checking;

/// <summary>An endpoint as its checker sees it. One check of it at a time; fields are written under the checker's lock, or by that check.</summary>
internal sealed class CheckTarget(ServerEndpoint endpoint)
{
    public ServerEndpoint Endpoint => endpoint;

    /// <summary>The time at which its next check is due, as a timestamp; while one runs, the time at which that one was.</summary>
    public long Due { get; set; }

    /// <summary>True if it has left the set.</summary>
    public bool IsRemoved { get; set; }

    /// <summary>The number of the last update that contained it.</summary>
    public int Generation { get; set; }

    /// <summary>Checks that passed since the last that failed.</summary>
    public int Passes { get; private set; }

    /// <summary>Checks that failed since the last that passed.</summary>
    public int Fails { get; private set; }

    public void Count(CheckVerdict verdict)
    {
        if (verdict == CheckVerdict.Passed)
        {
            Passes++;
            Fails = 0;
        }
        else if (verdict == CheckVerdict.Failed)
        {
            Fails++;
            Passes = 0;
        }
    }
}
