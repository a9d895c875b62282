namespace Linkerd.Tcp.Balancing.RoundRobin;

/// <summary>
/// The order of turns, by deadline; of equal ones the lower number. Items can be parked: they keep their place in the array behind the heap until they are
/// put back. For one thread at a time.
/// </summary>
internal sealed class DeadlineHeap
{
    // Four children: half the levels of two, and their deadlines stand in one cache line.
    private const int Children = 4;

    private readonly Item[] _items;

    /// <param name="items">All of the items, in any order; the heap is made in this array.</param>
    public DeadlineHeap(Item[] items)
    {
        _items = items;
        Count = items.Length;
        for (var i = (Count - 2) / Children; i >= 0; i--)
        {
            SiftDown(i);
        }
    }

    /// <summary>The number of items that are not parked.</summary>
    public int Count { get; private set; }

    /// <summary>All of them: the heap, then those that are parked.</summary>
    public Span<Item> Items => _items;

    /// <summary>The next one. Only if there is one.</summary>
    public ref readonly Item Next => ref _items[0];

    /// <summary>Gives the next one a later deadline.</summary>
    public void Postpone(double deadline)
    {
        _items[0].Deadline = deadline;
        SiftDown(0);
    }

    /// <summary>Takes the next one out, with the deadline that it will come back with.</summary>
    public void Park(double deadline)
    {
        var parked = new Item(deadline, _items[0].Index);
        _items[0] = _items[--Count];
        _items[Count] = parked;
        SiftDown(0);
    }

    /// <summary>Puts the one back that was parked last, not before a deadline.</summary>
    public void Unpark(double notBefore)
    {
        var item = _items[Count];
        item.Deadline = Math.Max(item.Deadline, notBefore);
        var at = Count++;
        for (; at > 0 && IsBefore(in item, in _items[(at - 1) / Children]); at = (at - 1) / Children)
        {
            _items[at] = _items[(at - 1) / Children];
        }

        _items[at] = item;
    }

    private static bool IsBefore(in Item a, in Item b) => a.Deadline < b.Deadline || (a.Deadline == b.Deadline && a.Index < b.Index);

    private void SiftDown(int at)
    {
        var items = _items.AsSpan(0, Count);
        if ((uint)at >= (uint)items.Length)
        {
            return;
        }

        var item = items[at];
        while ((at * Children) + 1 is var first && first < items.Length)
        {
            var least = first;
            for (var i = first + 1; i < Math.Min(first + Children, items.Length); i++)
            {
                least = IsBefore(in items[i], in items[least]) ? i : least;
            }

            if (!IsBefore(in items[least], in item))
            {
                break;
            }

            items[at] = items[least];
            at = least;
        }

        items[at] = item;
    }

    /// <summary>One of them.</summary>
    internal record struct Item(double Deadline, int Index);
}
