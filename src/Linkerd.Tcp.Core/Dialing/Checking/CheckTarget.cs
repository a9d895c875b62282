using Linkerd.Tcp.Balancing;

namespace Linkerd.Tcp.Dialing.Checking;

/// <summary>An endpoint as its checker sees it. One check of it at a time; what is written is written under the checker's lock, or by that check.</summary>
internal sealed class CheckTarget(ServerEndpoint endpoint)
{
    public ServerEndpoint Endpoint => endpoint;

    /// <summary>When its next check is due, as a timestamp; while one runs, when that one was.</summary>
    public long Due { get; set; }

    /// <summary>Whether it has left the set.</summary>
    public bool IsRemoved { get; set; }

    /// <summary>The update that named it last.</summary>
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
