//! The closed list of what can be wrong with a runbook, each with a code and a page.

/// What is wrong. The code, `SF012`, never changes its meaning; `explain` prints the page.
macro_rules! codes {
    ($($variant:ident $number:literal $title:literal;)*) => {
        /// What can be wrong with a runbook. A code never changes its meaning.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Code {
            $(#[doc = concat!("`SF", $number, "`: ", $title, ".")] $variant,)*
        }

        impl Code {
            /// Every code, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// Its text form, `SF012`.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => concat!("SF", $number),)* }
            }

            /// What it is about, in a few words.
            pub const fn title(self) -> &'static str {
                match self { $(Self::$variant => $title,)* }
            }

            /// The page about it: what it means, an example that provokes it, how to mend it.
            pub const fn page(self) -> &'static str {
                match self { $(Self::$variant => include_str!(concat!("explain/SF", $number, ".md")),)* }
            }
        }
    };
}

codes! {
    NotText "001" "the file is not text";
    Empty "002" "there is nothing in the file";
    TooLarge "003" "a limit is exceeded";
    Syntax "004" "the file is not YAML";
    Tab "005" "a tab stands where only spaces may";
    Anchor "006" "anchors and aliases are not part of the language";
    Tag "007" "tags, directives and further documents are not part of the language";
    DuplicateKey "008" "a key is written twice";
    UnknownKey "009" "there is no such key";
    LaterKey "010" "this version does not support the key";
    MissingKey "011" "a key is missing";
    WrongType "012" "the value has the wrong type";
    NotBoolean "013" "a word that looks like a boolean is not one";
    BadName "014" "the name is not allowed";
    DuplicateStep "015" "two steps have the same id";
    UnknownKind "016" "there is no such step kind";
    UnknownStepInput "017" "the step kind has no such input";
    MissingStepInput "018" "an input of the step is missing";
    Misfit "019" "the value does not fit the input";
    TemplateSyntax "020" "the template cannot be read";
    UnknownName "021" "the expression uses an unknown name";
    UnknownInput "022" "the runbook has no such input";
    UnknownStep "023" "there is no such step";
    UnknownOutput "024" "the step has no such output";
    UnknownSecret "025" "the runbook has no such secret";
    Dynamic "026" "a reference must be written out";
    NotInLanguage "027" "the expression uses what the language does not have";
    ExpressionType "028" "the expression has the wrong type";
    Condition "029" "a condition must be true or false";
    Cycle "030" "the steps wait for each other";
    SaveName "031" "the file name cannot be used";
    SaveTwice "032" "two steps save to the same file";
    UnusedInput "033" "the input is not used";
    UnusedSecret "034" "the secret is not used";
    SecretMisuse "035" "a secret may only go where a secret is expected";
    NotSecret "036" "only a secret may go here";
    Credential "037" "the step kind needs a secret that is not declared";
    Retry "038" "the retry is not possible";
    OutOfRange "039" "the number is out of range";
    BadInput "040" "the declaration of the input is wrong";
    InputMissing "041" "an input was not given";
    InputMalformed "042" "an input was given with a value that does not fit";
    InputUnknown "043" "an input was given that the runbook does not have";
    Unproven "044" "evidence for an irreversible step may be missing";
    Unfounded "045" "evidence is not about what it says";
    ByPeople "046" "only people say whom to trust";
    NotHonoured "047" "the step kind does not honour the key";
    Unnamed "048" "no counting is of the instance whose data are lost";
    Uncounted "049" "nothing counts the data that are lost";
    BadSecret "050" "the declaration of the secret is wrong";
    NoSubject "051" "an irreversible step does not say what it changes";
    Declared "052" "a request that may change something is declared to change nothing";
    Items "053" "the items of `for_each` cannot be used";
    File "054" "a file that the runbook names cannot be used";
    Undo "055" "what is to undo a step cannot";
    BadWindow "056" "the window is wrong";
    Discover "057" "a step that discovers does more than read";
}

impl Code {
    /// Whether it is a warning: the runbook can be checked, planned and tried against a twin.
    pub const fn is_warning(self) -> bool {
        matches!(self, Self::UnusedInput | Self::Uncounted | Self::Declared)
    }

    /// Whether it is a warning that does not stand in the way of a run against the real world either, because the
    /// runbook may be meant so.
    pub const fn is_advice(self) -> bool {
        matches!(self, Self::Uncounted | Self::Declared)
    }

    /// The code of that name, in capitals or not.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.name().eq_ignore_ascii_case(name))
    }
}

/// The page about the code of that name, `SF012`.
pub fn explain(name: &str) -> Option<&'static str> {
    Code::from_name(name).map(Code::page)
}
