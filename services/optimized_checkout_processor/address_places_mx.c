#include "address_places.h"

static const struct place_state states[] = {
    {"Aguascalientes|Ags", "20", "Aguascalientes", "Jesús María|Calvillo|Rincón de Romos",
        NULL},
    {"Baja California|BC|B.C.|Baja California Norte", "21-22", NULL,
        "Tijuana=TJ|Mexicali|Ensenada|Tecate|Rosarito=Playas de Rosarito|San Quintín",
        NULL},
    {"Baja California Sur|BCS|B.C.S.", "23", NULL,
        "La Paz|Los Cabos|Cabo San Lucas|San José del Cabo|Loreto|Comondú|Ciudad "
        "Constitución",
        NULL},
    {"Campeche|Camp", "24", "San Francisco de Campeche=Campeche",
        "Ciudad del Carmen=Cd del Carmen|Champotón|Escárcega|Calkiní", NULL},
    {"Chiapas|Chis", "29-30", NULL,
        "Tuxtla Gutiérrez=Tuxtla|San Cristóbal de las Casas=San "
        "Cristóbal|Tapachula|Comitán=Comitán de Domínguez|Palenque|Chiapa de "
        "Corzo|Ocosingo",
        NULL},
    {"Chihuahua|Chih", "31-33", "Chihuahua",
        "Ciudad Juárez=Cd Juárez|Delicias|Parral=Hidalgo del Parral|Nuevo Casas "
        "Grandes|Camargo|Meoqui",
        NULL},
    {"Ciudad de México|CDMX|C.D.M.X.|DF|D.F.|Distrito Federal|Cd de México|Cd "
     "México|México DF|México D.F.|Mexico City",
        "00-16", "Ciudad de México", NULL,
        "Álvaro Obregón|Azcapotzalco|Benito Juárez|Coyoacán|Cuajimalpa=Cuajimalpa de "
        "Morelos|Cuauhtémoc|Gustavo A. Madero=GAM|Iztacalco|Iztapalapa|Magdalena "
        "Contreras=La Magdalena Contreras|Miguel Hidalgo|Milpa "
        "Alta|Tláhuac|Tlalpan|Venustiano Carranza|Xochimilco"},
    {"Coahuila|Coah|Coahuila de Zaragoza", "25-27", NULL,
        "Saltillo|Torreón|Monclova|Piedras Negras|Ciudad Acuña=Cd Acuña=Acuña|Ramos "
        "Arizpe|Sabinas|Parras=Parras de la Fuente",
        NULL},
    {"Colima|Col.", "28", "Colima", "Manzanillo|Tecomán|Villa de Álvarez", NULL},
    {"Durango|Dgo", "34-35", "Durango=Victoria de Durango",
        "Gómez Palacio|Ciudad Lerdo=Cd Lerdo=Lerdo|Santiago Papasquiaro", NULL},
    {"Guanajuato|Gto", "36-38", "Guanajuato",
        "León=León de los Aldama|Irapuato|Celaya|Salamanca|Silao|San Miguel de "
        "Allende|Dolores Hidalgo|Pénjamo|Valle de Santiago|Acámbaro|San Francisco del "
        "Rincón",
        NULL},
    {"Guerrero|Gro", "39-41", NULL,
        "Acapulco=Acapulco de Juárez|Chilpancingo=Chilpancingo de los "
        "Bravo|Iguala|Taxco=Taxco de Alarcón|Zihuatanejo=Ixtapa Zihuatanejo|Tlapa",
        NULL},
    {"Hidalgo|Hgo", "42-43", NULL,
        "Pachuca=Pachuca de Soto|Tulancingo|Tula de "
        "Allende=Tula|Tizayuca|Huejutla|Mineral de la Reforma|Ixmiquilpan|Actopan",
        NULL},
    {"Jalisco|Jal", "44-49", NULL,
        "Guadalajara=GDL=Gdl|Zapopan|Tlaquepaque=San Pedro "
        "Tlaquepaque|Tonalá|Tlajomulco=Tlajomulco de Zúñiga|Puerto Vallarta=Vallarta=Pto "
        "Vallarta|Lagos de Moreno|Tepatitlán=Tepatitlán de Morelos|Ciudad Guzmán=Cd "
        "Guzmán|Ocotlán|El Salto|Chapala|Ajijic|Tequila|Autlán",
        NULL},
    {"Estado de México|Edomex|Edo Mex|Edo de México|Edo. Méx.|E. de México|Estado de "
     "Mex|Edo de Mex",
        "50-57", NULL,
        "Toluca=Toluca de Lerdo|Ecatepec=Ecatepec de Morelos|Naucalpan=Naucalpan de "
        "Juárez|Tlalnepantla=Tlalnepantla de Baz|Nezahualcóyotl=Neza=Ciudad "
        "Nezahualcóyotl|Cuautitlán "
        "Izcalli|Cuautitlán|Huixquilucan|Metepec|Atizapán=Atizapán de "
        "Zaragoza|Coacalco=Coacalco de "
        "Berriozábal|Chimalhuacán|Texcoco|Tultitlán|Tecámac|Ixtapaluca|Chalco|Valle de "
        "Chalco|Zumpango|Lerma|Nicolás Romero|Valle de Bravo|Los Reyes La "
        "Paz|Chicoloapan|Tultepec|Zinacantepec",
        NULL},
    {"Michoacán|Mich|Michoacán de Ocampo", "58-61", NULL,
        "Morelia|Uruapan|Zamora|Lázaro Cárdenas|Pátzcuaro|Apatzingán|La "
        "Piedad|Zitácuaro|Sahuayo|Ciudad Hidalgo",
        NULL},
    {"Morelos|Mor", "62", NULL,
        "Cuernavaca|Jiutepec|Cuautla|Temixco|Yautepec|Tepoztlán|Jojutla", NULL},
    {"Nayarit|Nay", "63", NULL,
        "Tepic|Bahía de Banderas|Nuevo Vallarta|Compostela|Xalisco|Bucerías|Sayulita",
        NULL},
    {"Nuevo León|NL|N.L.", "64-67", NULL,
        "Monterrey=Mty|San Pedro Garza García=San Pedro=SPGG|San Nicolás de los "
        "Garza=San Nicolás|Guadalupe|Apodaca|Escobedo=General Escobedo=Gral "
        "Escobedo|Santa Catarina|García|Linares|Cadereyta",
        NULL},
    {"Oaxaca|Oax", "68-71", "Oaxaca de Juárez=Oaxaca",
        "Salina Cruz|Juchitán|Tuxtepec=San Juan Bautista Tuxtepec|Huatulco=Bahías de "
        "Huatulco|Puerto Escondido|Huajuapan=Huajuapan de León|Tehuantepec",
        NULL},
    {"Puebla|Pue", "72-75", "Puebla=Puebla de Zaragoza=Heroica Puebla",
        "Cholula=San Pedro Cholula|San Andrés Cholula|Tehuacán|Atlixco|San Martín "
        "Texmelucan|Teziutlán|Huauchinango",
        NULL},
    {"Querétaro|Qro|Querétaro de Arteaga", "76", "Santiago de Querétaro=Querétaro",
        "San Juan del Río|Corregidora|El Marqués|Tequisquiapan|Juriquilla", NULL},
    {"Quintana Roo|QRoo|Q. Roo|Q.R.|Qroo", "77", NULL,
        "Cancún|Playa del Carmen=Solidaridad|Cozumel|Chetumal|Tulum|Isla Mujeres|Puerto "
        "Morelos|Bacalar",
        NULL},
    {"San Luis Potosí|SLP|S.L.P.", "78-79", "San Luis Potosí",
        "Soledad de Graciano Sánchez=Soledad|Matehuala|Ciudad Valles=Cd Valles|Rioverde",
        NULL},
    {"Sinaloa|Sin", "80-82", NULL,
        "Culiacán=Culiacán Rosales|Mazatlán|Los "
        "Mochis=Mochis|Guasave|Guamúchil|Navolato|Ahome",
        NULL},
    {"Sonora|Son", "83-85", NULL,
        "Hermosillo|Ciudad Obregón=Cd Obregón=Cajeme|Nogales|San Luis Río "
        "Colorado|Guaymas|Navojoa|Agua Prieta|Caborca|Puerto Peñasco|Empalme",
        NULL},
    {"Tabasco|Tab", "86", NULL, "Villahermosa|Cárdenas|Comalcalco|Paraíso|Macuspana",
        NULL},
    {"Tamaulipas|Tamps|Tam", "87-89", NULL,
        "Tampico|Reynosa|Matamoros|Nuevo Laredo|Ciudad Victoria=Cd Victoria|Ciudad "
        "Madero=Cd Madero|Altamira|Río Bravo|Ciudad Mante=Cd Mante",
        NULL},
    {"Tlaxcala|Tlax", "90", "Tlaxcala",
        "Apizaco|Huamantla|Chiautempan|San Pablo del Monte", NULL},
    {"Veracruz|Ver|Veracruz de Ignacio de la Llave", "91-96", "Veracruz",
        "Xalapa=Jalapa|Coatzacoalcos|Córdoba|Orizaba|Boca del Río|Poza "
        "Rica|Minatitlán|Tuxpan|Martínez de la Torre|San Andrés Tuxtla|Coatepec",
        NULL},
    {"Yucatán|Yuc", "97", NULL,
        "Mérida|Valladolid|Progreso|Tizimín|Kanasín|Umán|Ticul|Motul", NULL},
    {"Zacatecas|Zac", "98-99", "Zacatecas",
        "Fresnillo|Guadalupe|Jerez|Río Grande|Sombrerete", NULL},
};

const struct place_country place_mexico = {
    .code = "MX",
    .names = "México|Mex|MX|República Mexicana|Estados Unidos Mexicanos",
    .states = states,
    .state_count = sizeof states / sizeof states[0],
    .needs = NEEDS_STREET | NEEDS_NUMBER | NEEDS_DISTRICT | NEEDS_CITY | NEEDS_STATE |
             NEEDS_POSTAL_CODE,
    .needs_with_location = NEEDS_STATE | NEEDS_POSTAL_CODE,
    .postal_digits = 5,
    .district_first = true,
};
