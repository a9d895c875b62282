namespace Linkerd.Tcp.TestUtilities;

/// <summary>A value of the world as it is, for interfaces that make their own of it: the first one at once, then whatever differs from the one before it.</summary>
/// <param name="world">The world.</param>
/// <param name="read">What it is; called under the world's lock.</param>
/// <param name="isLast">Whether nothing comes behind a value.</param>
internal sealed class ValueWatch<T>(StandInWorld world, Func<T> read, Func<T, bool> isLast) : StandInWatch<T>(world)
{
    private bool _hasSent;
    private bool _hasEnded;
    private T? _sent;

    public override void Look()
    {
        var value = read();
        if (_hasEnded || (_hasSent && EqualityComparer<T>.Default.Equals(value, _sent)))
        {
            return;
        }

        (_hasSent, _sent) = (true, value);
        Emit(value);
        if (isLast(value))
        {
            _hasEnded = true;
            End();
        }
    }
}
