namespace Linkerd.Tcp.Balancing.Endpoints;

/// <summary>
/// The observers of the load of one endpoint: a list that is never changed but replaced, under the balancer's lock, as an endpoint may be in
/// several groups, and in the old and the new tree while an update runs.
/// </summary>
internal sealed class LoadObservers(ILoadObserver observer, int index, LoadObservers? next)
{
    /// <summary>The list with one more.</summary>
    public static LoadObservers Add(LoadObservers? list, ILoadObserver observer, int index) => new(observer, index, list);

    /// <summary>The list without one.</summary>
    public static LoadObservers? Remove(LoadObservers? list, ILoadObserver observer) =>
        list is null ? null
        : list.IsOf(observer) ? list.Next
        : new LoadObservers(list.Observer, list.Index, Remove(list.Next, observer));

    /// <summary>Returns their number.</summary>
    public static int Count(LoadObservers? list) => list is null ? 0 : 1 + Count(list.Next);

    private ILoadObserver Observer { get; } = observer;

    private int Index { get; } = index;

    private LoadObservers? Next { get; } = next;

    /// <summary>Notifies all of them but one, which has caused the change.</summary>
    public void Notify(ILoadObserver? except)
    {
        for (var link = this; link is not null; link = link.Next)
        {
            if (!link.IsOf(except))
            {
                link.Observer.OnLoadChanged(link.Index);
            }
        }
    }

    private bool IsOf(ILoadObserver? observer) => ReferenceEquals(Observer, observer);
}
