namespace Linkerd.Tcp.Naming;

/// <summary>Represents an observation of the binding of one name by a <see cref="Namer"/>, until it is disposed. Members may be called from any thread.</summary>
public abstract class NamerLookup : IDisposable
{
    /// <summary>Gets the current binding of the name.</summary>
    public abstract NameBinding Current { get; }

    /// <summary>Returns a lookup whose binding never changes.</summary>
    public static NamerLookup Constant(NameBinding binding) => new ConstantLookup(binding);

    /// <summary>Ends the observation.</summary>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Releases the resources of the observation. The default implementation does nothing.</summary>
    /// <param name="disposing">True if it is called by <see cref="Dispose()"/>.</param>
    protected virtual void Dispose(bool disposing)
    {
    }

    private sealed class ConstantLookup(NameBinding binding) : NamerLookup
    {
        public override NameBinding Current => binding;
    }
}
