namespace Linkerd.Tcp.Transport.Epoll;

/// <summary>Handles a descriptor's events, on its loop.</summary>
internal interface IEpollHandler
{
    /// <summary>Distinguishes the handler from an earlier one of the same descriptor number, of which an event may still be under way. Set by the loop.</summary>
    uint Generation { get; set; }

    /// <param name="events">The events that epoll reported (<see cref="EpollEvents"/>).</param>
    void OnEvents(uint events);
}

/// <summary>Work that a loop does after the events that it has at hand. Each is in the queue at most once.</summary>
internal interface ILoopWork
{
    /// <summary>True if it is in a queue. For the loop.</summary>
    bool IsQueued { get; set; }

    /// <summary>Does the work.</summary>
    void Run();
}
