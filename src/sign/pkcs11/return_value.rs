//! What PKCS#11 functions return (`CK_RV`, PKCS#11 v3.0 §6.1.5), as one enum of ours that two processes can exchange.

use cryptoki::error::RvError;
use serde::{Deserialize, Serialize};

macro_rules! return_values {
    ($($value:ident $name:literal;)+) => {
        /// A return value that is not `CKR_OK`. Each name is that of PKCS#11 without its prefix.
        #[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
        #[expect(missing_docs, reason = "PKCS#11 says what each means, and `problem` says it to people")]
        pub enum ReturnValue {
            $($value,)+
            /// `CKR_VENDOR_DEFINED` and above: the vendor's own.
            VendorDefined(u64),
            /// A number that PKCS#11 does not define.
            Undefined(u64),
        }

        impl ReturnValue {
            /// All that PKCS#11 defines.
            pub const DEFINED: &'static [Self] = &[$(Self::$value),+];

            /// Its name in PKCS#11, or its number.
            pub fn name(self) -> String {
                match self {
                    $(Self::$value => $name.to_owned(),)+
                    Self::VendorDefined(number) | Self::Undefined(number) => format!("CK_RV 0x{number:08X}"),
                }
            }
        }

        impl From<RvError> for ReturnValue {
            fn from(error: RvError) -> Self {
                match error {
                    $(RvError::$value => Self::$value,)+
                    RvError::VendorDefined(number) => Self::VendorDefined(number),
                    RvError::UnknownErrorCode(number) => Self::Undefined(number),
                }
            }
        }
    };
}

return_values! {
    Cancel "CKR_CANCEL";
    HostMemory "CKR_HOST_MEMORY";
    SlotIdInvalid "CKR_SLOT_ID_INVALID";
    GeneralError "CKR_GENERAL_ERROR";
    FunctionFailed "CKR_FUNCTION_FAILED";
    ArgumentsBad "CKR_ARGUMENTS_BAD";
    NoEvent "CKR_NO_EVENT";
    NeedToCreateThreads "CKR_NEED_TO_CREATE_THREADS";
    CantLock "CKR_CANT_LOCK";
    AttributeReadOnly "CKR_ATTRIBUTE_READ_ONLY";
    AttributeSensitive "CKR_ATTRIBUTE_SENSITIVE";
    AttributeTypeInvalid "CKR_ATTRIBUTE_TYPE_INVALID";
    AttributeValueInvalid "CKR_ATTRIBUTE_VALUE_INVALID";
    ActionProhibited "CKR_ACTION_PROHIBITED";
    DataInvalid "CKR_DATA_INVALID";
    DataLenRange "CKR_DATA_LEN_RANGE";
    DeviceError "CKR_DEVICE_ERROR";
    DeviceMemory "CKR_DEVICE_MEMORY";
    DeviceRemoved "CKR_DEVICE_REMOVED";
    EncryptedDataInvalid "CKR_ENCRYPTED_DATA_INVALID";
    EncryptedDataLenRange "CKR_ENCRYPTED_DATA_LEN_RANGE";
    FunctionCanceled "CKR_FUNCTION_CANCELED";
    FunctionNotParallel "CKR_FUNCTION_NOT_PARALLEL";
    FunctionNotSupported "CKR_FUNCTION_NOT_SUPPORTED";
    CurveNotSupported "CKR_CURVE_NOT_SUPPORTED";
    KeyHandleInvalid "CKR_KEY_HANDLE_INVALID";
    KeySizeRange "CKR_KEY_SIZE_RANGE";
    KeyTypeInconsistent "CKR_KEY_TYPE_INCONSISTENT";
    KeyNotNeeded "CKR_KEY_NOT_NEEDED";
    KeyChanged "CKR_KEY_CHANGED";
    KeyNeeded "CKR_KEY_NEEDED";
    KeyIndigestible "CKR_KEY_INDIGESTIBLE";
    KeyFunctionNotPermitted "CKR_KEY_FUNCTION_NOT_PERMITTED";
    KeyNotWrappable "CKR_KEY_NOT_WRAPPABLE";
    KeyUnextractable "CKR_KEY_UNEXTRACTABLE";
    MechanismInvalid "CKR_MECHANISM_INVALID";
    MechanismParamInvalid "CKR_MECHANISM_PARAM_INVALID";
    ObjectHandleInvalid "CKR_OBJECT_HANDLE_INVALID";
    OperationActive "CKR_OPERATION_ACTIVE";
    OperationNotInitialized "CKR_OPERATION_NOT_INITIALIZED";
    PinIncorrect "CKR_PIN_INCORRECT";
    PinInvalid "CKR_PIN_INVALID";
    PinLenRange "CKR_PIN_LEN_RANGE";
    PinExpired "CKR_PIN_EXPIRED";
    PinLocked "CKR_PIN_LOCKED";
    SessionClosed "CKR_SESSION_CLOSED";
    SessionCount "CKR_SESSION_COUNT";
    SessionHandleInvalid "CKR_SESSION_HANDLE_INVALID";
    SessionParallelNotSupported "CKR_SESSION_PARALLEL_NOT_SUPPORTED";
    SessionReadOnly "CKR_SESSION_READ_ONLY";
    SessionExists "CKR_SESSION_EXISTS";
    SessionReadOnlyExists "CKR_SESSION_READ_ONLY_EXISTS";
    SessionReadWriteSoExists "CKR_SESSION_READ_WRITE_SO_EXISTS";
    SignatureInvalid "CKR_SIGNATURE_INVALID";
    SignatureLenRange "CKR_SIGNATURE_LEN_RANGE";
    TemplateIncomplete "CKR_TEMPLATE_INCOMPLETE";
    TemplateInconsistent "CKR_TEMPLATE_INCONSISTENT";
    TokenNotPresent "CKR_TOKEN_NOT_PRESENT";
    TokenNotRecognized "CKR_TOKEN_NOT_RECOGNIZED";
    TokenWriteProtected "CKR_TOKEN_WRITE_PROTECTED";
    UnwrappingKeyHandleInvalid "CKR_UNWRAPPING_KEY_HANDLE_INVALID";
    UnwrappingKeySizeRange "CKR_UNWRAPPING_KEY_SIZE_RANGE";
    UnwrappingKeyTypeInconsistent "CKR_UNWRAPPING_KEY_TYPE_INCONSISTENT";
    UserAlreadyLoggedIn "CKR_USER_ALREADY_LOGGED_IN";
    UserNotLoggedIn "CKR_USER_NOT_LOGGED_IN";
    UserPinNotInitialized "CKR_USER_PIN_NOT_INITIALIZED";
    UserTypeInvalid "CKR_USER_TYPE_INVALID";
    UserAnotherAlreadyLoggedIn "CKR_USER_ANOTHER_ALREADY_LOGGED_IN";
    UserTooManyTypes "CKR_USER_TOO_MANY_TYPES";
    WrappedKeyInvalid "CKR_WRAPPED_KEY_INVALID";
    WrappedKeyLenRange "CKR_WRAPPED_KEY_LEN_RANGE";
    WrappingKeyHandleInvalid "CKR_WRAPPING_KEY_HANDLE_INVALID";
    WrappingKeySizeRange "CKR_WRAPPING_KEY_SIZE_RANGE";
    WrappingKeyTypeInconsistent "CKR_WRAPPING_KEY_TYPE_INCONSISTENT";
    RandomSeedNotSupported "CKR_RANDOM_SEED_NOT_SUPPORTED";
    RandomNoRng "CKR_RANDOM_NO_RNG";
    DomainParamsInvalid "CKR_DOMAIN_PARAMS_INVALID";
    BufferTooSmall "CKR_BUFFER_TOO_SMALL";
    SavedStateInvalid "CKR_SAVED_STATE_INVALID";
    InformationSensitive "CKR_INFORMATION_SENSITIVE";
    StateUnsaveable "CKR_STATE_UNSAVEABLE";
    CryptokiNotInitialized "CKR_CRYPTOKI_NOT_INITIALIZED";
    CryptokiAlreadyInitialized "CKR_CRYPTOKI_ALREADY_INITIALIZED";
    MutexBad "CKR_MUTEX_BAD";
    MutexNotLocked "CKR_MUTEX_NOT_LOCKED";
    NewPinMode "CKR_NEW_PIN_MODE";
    NextOtp "CKR_NEXT_OTP";
    ExceededMaxIterations "CKR_EXCEEDED_MAX_ITERATIONS";
    FipsSelfTestFailed "CKR_FIPS_SELF_TEST_FAILED";
    LibraryLoadFailed "CKR_LIBRARY_LOAD_FAILED";
    PinTooWeak "CKR_PIN_TOO_WEAK";
    PublicKeyInvalid "CKR_PUBLIC_KEY_INVALID";
    FunctionRejected "CKR_FUNCTION_REJECTED";
}

impl ReturnValue {
    /// Whether the card, the reader or the session on it is gone: what was open is lost, and a new session may work.
    pub(super) const fn lost_session(self) -> bool {
        matches!(
            self,
            Self::DeviceRemoved
                | Self::TokenNotPresent
                | Self::TokenNotRecognized
                | Self::SessionHandleInvalid
                | Self::SessionClosed
                | Self::SlotIdInvalid
        )
    }
}
