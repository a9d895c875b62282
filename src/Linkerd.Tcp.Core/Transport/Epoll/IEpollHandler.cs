namespace Linkerd.Tcp.Transport.Epoll;

/// <summary>What a descriptor's events are told to, on its loop.</summary>
internal interface IEpollHandler
{
    /// <summary>Tells the handler from an earlier one of the same descriptor number, of which an event may still be under way. Set by the loop.</summary>
    uint Generation { get; set; }

    /// <param name="events">What epoll said (<see cref="EpollEvents"/>).</param>
    void OnEvents(uint events);
}

/// <summary>Something that a loop does after the events that it has at hand. Each is in the queue at most once.</summary>
internal interface ILoopWork
{
    /// <summary>Whether it is in a queue. For the loop.</summary>
    bool IsQueued { get; set; }

    /// <summary>Does it.</summary>
    void Run();
}
