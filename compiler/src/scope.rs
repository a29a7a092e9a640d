//! Scopes and sets of them: what tells two identifiers of the same name apart.
//!
//! Hygiene is that of Flatt, "Binding as Sets of Scopes" (POPL 2016). Each form that binds names is
//! a scope, and so is each use of a macro; an identifier carries the scopes it stands in or came
//! through, and means the binding of its name whose scopes are the largest subset of its own. Here
//! scopes are only ever added: a template's parts get the scope of the macro's use when they are
//! copied, and what came in through the pattern never has it.
//!
//! A set is a path in a tree that shares prefixes: its scopes in ascending order. Entering a form
//! adds the newest scope, which is one step from where one stands, and the scopes of a binding
//! around an identifier are a prefix of the identifier's, which pointers up the tree tell quickly.

use std::collections::HashMap;

/// A place that binds names, or a use of a macro.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Scope(u32);

impl Scope {
    /// A number that no other scope of the image has.
    pub fn number(self) -> u32 {
        self.0
    }
}

/// The scope of what belongs to pscheme itself: names in the templates of its own macros.
pub const SYSTEM: Scope = Scope(0);

/// A set of scopes in a [`ScopeSets`]; equal sets have equal numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct ScopeSetId(u32);

impl ScopeSetId {
    pub const EMPTY: ScopeSetId = ScopeSetId(0);

    /// The number of the set among those it belongs to.
    pub fn number(self) -> u32 {
        self.0
    }

    pub(crate) fn numbered(number: u32) -> ScopeSetId {
        ScopeSetId(number)
    }
}

/// A set: the one without its greatest scope, and that scope.
#[derive(Clone, Copy, Debug)]
struct Node {
    parent: ScopeSetId,
    greatest: Scope,
    size: u32,
    /// A set up the tree, at a distance that makes any ancestor reachable in O(log size) steps
    /// (Myers, "An applicative random-access stack", 1983).
    jump: ScopeSetId,
}

/// All sets of one compilation.
#[derive(Clone, Debug)]
pub struct ScopeSets {
    nodes: Vec<Node>,
    children: HashMap<(ScopeSetId, Scope), ScopeSetId>,
    unions: HashMap<(ScopeSetId, ScopeSetId), ScopeSetId>,
    scope_count: u32,
}

impl Default for ScopeSets {
    fn default() -> ScopeSets {
        let root = ScopeSetId::EMPTY;
        let node = Node { parent: root, greatest: SYSTEM, size: 0, jump: root };
        ScopeSets {
            nodes: vec![node],
            children: HashMap::new(),
            unions: HashMap::new(),
            scope_count: 1,
        }
    }
}

impl ScopeSets {
    /// No sets; new scopes are numbered from `first` on.
    pub fn counting_from(first: u32) -> ScopeSets {
        ScopeSets { scope_count: first.max(SYSTEM.0 + 1), ..ScopeSets::default() }
    }

    /// The number of the next scope.
    pub fn next_scope(&self) -> u32 {
        self.scope_count
    }

    /// Numbers new scopes from `next` on, if that is further on.
    pub fn skip_to(&mut self, next: u32) {
        self.scope_count = self.scope_count.max(next);
    }

    /// The set of these scopes, which ascend.
    pub fn of(&mut self, scopes: &[u32]) -> ScopeSetId {
        scopes.iter().fold(ScopeSetId::EMPTY, |set, scope| self.child(set, Scope(*scope)))
    }

    /// The scopes of a set, ascending.
    pub fn list(&self, mut set: ScopeSetId) -> Vec<u32> {
        let mut scopes = Vec::with_capacity(self.size(set) as usize);
        while set != ScopeSetId::EMPTY {
            let node = self.node(set);
            scopes.push(node.greatest.0);
            set = node.parent;
        }
        scopes.reverse();
        scopes
    }

    /// A scope that no set contains yet, greater than all others.
    pub fn fresh(&mut self) -> Scope {
        self.scope_count += 1;
        Scope(self.scope_count - 1)
    }

    fn node(&self, set: ScopeSetId) -> Node {
        self.nodes[set.0 as usize]
    }

    /// Number of scopes in the set.
    pub fn size(&self, set: ScopeSetId) -> u32 {
        self.node(set).size
    }

    /// Whether the set has a scope of pscheme's own templates.
    pub fn is_system(&self, set: ScopeSetId) -> bool {
        let size = self.size(set);
        size > 0 && self.node(self.ancestor(set, 1)).greatest == SYSTEM
    }

    /// The set with one more scope.
    pub fn with(&mut self, set: ScopeSetId, scope: Scope) -> ScopeSetId {
        if set == ScopeSetId::EMPTY || self.node(set).greatest < scope {
            return self.child(set, scope);
        }
        let single = self.child(ScopeSetId::EMPTY, scope);
        self.union(set, single)
    }

    /// The set without some scopes.
    pub fn without(&mut self, set: ScopeSetId, is_taken: impl Fn(Scope) -> bool) -> ScopeSetId {
        let mut kept = Vec::new();
        let mut at = set;
        while at != ScopeSetId::EMPTY {
            let node = self.node(at);
            if !is_taken(node.greatest) {
                kept.push(node.greatest);
            }
            at = node.parent;
        }
        kept.into_iter().rev().fold(ScopeSetId::EMPTY, |set, scope| self.child(set, scope))
    }

    /// The set without the scope if it has it, with it if not.
    pub fn flipped(&mut self, set: ScopeSetId, scope: Scope) -> ScopeSetId {
        let without = self.without(set, |other| other == scope);
        if without == set { self.with(set, scope) } else { without }
    }

    /// The set with all scopes of both.
    pub fn union(&mut self, left: ScopeSetId, right: ScopeSetId) -> ScopeSetId {
        let key = if left.0 < right.0 { (left, right) } else { (right, left) };
        if key.0 == ScopeSetId::EMPTY || left == right {
            return key.1;
        }
        if let Some(known) = self.unions.get(&key) {
            return *known;
        }
        let (mut left, mut right) = key;
        let mut above = Vec::new();
        // From the greatest scope down to where both are the same set, or one is empty.
        while left != right && left != ScopeSetId::EMPTY && right != ScopeSetId::EMPTY {
            let (a, b) = (self.node(left), self.node(right));
            above.push(a.greatest.max(b.greatest));
            left = if a.greatest >= b.greatest { a.parent } else { left };
            right = if b.greatest >= a.greatest { b.parent } else { right };
        }
        let rest = if left == ScopeSetId::EMPTY { right } else { left };
        let union = above.into_iter().rev().fold(rest, |set, scope| self.child(set, scope));
        self.unions.insert(key, union);
        union
    }

    /// Whether `right` has every scope of `left`.
    pub fn is_subset(&self, mut left: ScopeSetId, mut right: ScopeSetId) -> bool {
        let size = self.size(left);
        if size > self.size(right) {
            return false;
        }
        if self.ancestor(right, size) == left {
            return true;
        }
        while left != right && left != ScopeSetId::EMPTY {
            let (a, b) = (self.node(left), self.node(right));
            if a.size > b.size || a.greatest > b.greatest {
                return false;
            }
            left = if a.greatest == b.greatest { a.parent } else { left };
            right = b.parent;
        }
        true
    }

    /// The set of the `size` least scopes.
    fn ancestor(&self, mut set: ScopeSetId, size: u32) -> ScopeSetId {
        while self.size(set) > size {
            let node = self.node(set);
            set = if self.size(node.jump) >= size { node.jump } else { node.parent };
        }
        set
    }

    /// The set with a scope greater than all it has.
    fn child(&mut self, parent: ScopeSetId, scope: Scope) -> ScopeSetId {
        if let Some(known) = self.children.get(&(parent, scope)) {
            return *known;
        }
        let above = self.node(parent);
        debug_assert!(above.size == 0 || above.greatest < scope);
        let (jump, far) = (self.node(above.jump), self.node(self.node(above.jump).jump));
        let even = above.size - jump.size == jump.size - far.size;
        let node = Node {
            parent,
            greatest: scope,
            size: above.size + 1,
            jump: if even { jump.jump } else { parent },
        };
        let id = ScopeSetId(self.nodes.len() as u32);
        self.nodes.push(node);
        self.children.insert((parent, scope), id);
        id
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn set_of(sets: &mut ScopeSets, scopes: &BTreeSet<u32>) -> ScopeSetId {
        scopes.iter().fold(ScopeSetId::EMPTY, |set, scope| sets.with(set, Scope(*scope)))
    }

    proptest! {
        #[test]
        fn sets_behave_as_sets(
            a in prop::collection::btree_set(0u32..40, 0..20),
            b in prop::collection::btree_set(0u32..40, 0..20),
            extra in 0u32..40,
        ) {
            let mut sets = ScopeSets::default();
            let (left, right) = (set_of(&mut sets, &a), set_of(&mut sets, &b));
            prop_assert_eq!(sets.size(left) as usize, a.len());
            prop_assert_eq!(sets.is_system(left), a.contains(&0));
            prop_assert_eq!(sets.is_subset(left, right), a.is_subset(&b));
            let union: BTreeSet<u32> = a.union(&b).copied().collect();
            prop_assert_eq!(sets.union(left, right), set_of(&mut sets, &union));
            let both = sets.union(left, right);
            prop_assert!(sets.is_subset(left, both) && sets.is_subset(right, both));
            let mut more = a.clone();
            more.insert(extra);
            prop_assert_eq!(sets.with(left, Scope(extra)), set_of(&mut sets, &more));
            let flipped = sets.flipped(left, Scope(extra));
            prop_assert_eq!(flipped == set_of(&mut sets, &more), !a.contains(&extra));
            prop_assert_eq!(sets.flipped(flipped, Scope(extra)), left);
            let less: BTreeSet<u32> = a.difference(&b).copied().collect();
            prop_assert_eq!(sets.without(left, |s| b.contains(&s.0)), set_of(&mut sets, &less));
        }
    }

    #[test]
    fn deep_nesting_is_quick() {
        let mut sets = ScopeSets::default();
        let mut path = vec![ScopeSetId::EMPTY];
        for _ in 0..200_000 {
            let scope = sets.fresh();
            path.push(sets.with(*path.last().unwrap(), scope));
        }
        let last = *path.last().unwrap();
        assert!(path.iter().all(|set| sets.is_subset(*set, last)));
    }
}
