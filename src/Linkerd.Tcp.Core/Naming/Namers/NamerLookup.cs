namespace Linkerd.Tcp.Naming.Namers;

/// <summary>An observation of what one name is bound to, until it is disposed. Any thread.</summary>
internal abstract class NamerLookup : IDisposable
{
    /// <summary>What the name is bound to now.</summary>
    public abstract NameBinding Current { get; }

    /// <inheritdoc/>
    public virtual void Dispose()
    {
    }

    /// <summary>One that never changes.</summary>
    public static NamerLookup Constant(NameBinding binding) => new ConstantLookup(binding);

    private sealed class ConstantLookup(NameBinding binding) : NamerLookup
    {
        public override NameBinding Current => binding;
    }
}
