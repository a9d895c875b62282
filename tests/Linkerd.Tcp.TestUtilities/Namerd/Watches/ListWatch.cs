namespace Linkerd.Tcp.TestUtilities;

/// <summary>A list of names that is sent when another set of them is there: <c>bound-names</c>, and <c>dtabs</c>, which is looked at once a second.</summary>
internal sealed class ListWatch(StandInWorld world, Func<IEnumerable<string>> read, Func<IEnumerable<string>, string> print) : StandInWatch<StandInEvent>(world)
{
    private HashSet<string>? _sent;

    public override void Look()
    {
        var names = read().ToHashSet(StringComparer.Ordinal);
        if (_sent is null || !_sent.SetEquals(names))
        {
            _sent = names;
            Emit(new StandInEvent(print(names)));
        }
    }
}
